"""The durable queue of tasks."""

from mediatheque.records.migrations.sql import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create procrastinate's tables, types and functions."""
    run_sql("0004_queue.sql")
