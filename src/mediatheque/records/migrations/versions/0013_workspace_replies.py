"""Idempotency keys belong to the workspace, whichever API key the request has."""

from mediatheque.records.migrations.sql import run_sql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the workspace to the keys, and make it their scope."""
    run_sql("0013_workspace_replies.sql")
