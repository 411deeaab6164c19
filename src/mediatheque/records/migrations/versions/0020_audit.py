"""Mutations that a client or an operator asks for are recorded."""

from mediatheque.records.migrations.sql import run_sql

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Create the audit log, and the triggers that write it."""
    run_sql("0020_audit.sql")
