"""Tables and columns named as the field names them."""

from mediatheque.records.migrations.sql import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Rename tables, columns, indexes, stored values and the keys of stored JSON."""
    run_sql("0006_names.sql")
