"""Finding assets and folders by words."""

from mediatheque.records.migrations.sql import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the words and their indexes."""
    run_sql("0003_search.sql")
