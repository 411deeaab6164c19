"""Assets are found by their metadata, and listed by title, size and duration."""

from mediatheque.records.migrations.sql import run_sql

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Copy what lists sort by to the assets, and create the indexes."""
    run_sql("0021_finding.sql")
