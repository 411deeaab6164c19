"""The rows of a new file are written in one statement."""

from mediatheque.records.migrations.sql import run_sql

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create the function that writes them."""
    run_sql("0016_record_file.sql")
