"""Folders, access and expiry of files, uploads in parts, direct uploads and their batches."""

from mediatheque.records.migrations.sql import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add folders, file ACLs, upload parts and batches."""
    run_sql("0002_every_door.sql")
