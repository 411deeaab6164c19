"""Results of other services are kept: keeps with their outputs, hooks, and the services' keys."""

from mediatheque.records.migrations.sql import run_sql

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Create their tables."""
    run_sql("0025_keep.sql")
