"""The bytes of a deleted row are marked for deletion by the database."""

from mediatheque.records.migrations.sql import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the trigger to the tables that own bytes."""
    run_sql("0008_deleted_bytes.sql")
