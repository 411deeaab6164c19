"""Older versions of assets' content, and which blobs have been stored more than once."""

from mediatheque.records.migrations.sql import run_sql

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the tables, columns and triggers."""
    run_sql("0022_versions.sql")
