"""Assets have an external id and a trash, blobs a CRC-32 and embedded metadata."""

from mediatheque.records.migrations.sql import run_sql

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the columns, and let `record_file` write them."""
    run_sql("0017_asset_fields.sql")
