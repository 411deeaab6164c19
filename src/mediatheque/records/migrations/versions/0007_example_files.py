"""A smart collection keeps the ids of its example files beside their URLs."""

from mediatheque.records.migrations.sql import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column, and fill it from the URLs in the stored conditions."""
    run_sql("0007_example_files.sql")
