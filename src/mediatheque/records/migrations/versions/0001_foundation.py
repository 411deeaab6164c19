"""Workspaces, keys, blobs, files, assets, tags, collections, uploads, idempotency."""

from mediatheque.records.migrations.sql import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables."""
    run_sql("0001_foundation.sql")
