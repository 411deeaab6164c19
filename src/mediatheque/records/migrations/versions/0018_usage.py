"""What each workspace stores is counted, and may have a quota."""

from mediatheque.records.migrations.sql import run_sql

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create the counters with their triggers, and count what is stored."""
    run_sql("0018_usage.sql")
