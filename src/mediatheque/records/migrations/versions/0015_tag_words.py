"""The words of tags are indexed, as they stand and by their stems."""

from mediatheque.records.migrations.sql import run_sql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the index for the phrases and exclusions of searches."""
    run_sql("0015_tag_words.sql")
