"""Keys have names and an end, workspaces can be suspended and deleted, and their former names stay theirs."""

from mediatheque.records.migrations.sql import run_sql

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add the columns, and the table of names."""
    run_sql("0024_accounts.sql")
