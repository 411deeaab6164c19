"""Blobs whose pixels do not decode say so."""

from mediatheque.records.migrations.sql import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the state of a blob, and fill it with what the search has stored."""
    run_sql("0011_damaged.sql")
