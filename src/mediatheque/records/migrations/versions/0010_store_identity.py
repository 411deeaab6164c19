"""The database knows the mark of its store of blobs."""

from mediatheque.records.migrations.sql import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the table; the first start fills it."""
    run_sql("0010_store_identity.sql")
