"""Assets are found by what their files say about themselves."""

from mediatheque.records.migrations.sql import run_sql

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Put prompts and the like into the documents of full-text search, and index the blobs that are yet to be read."""
    run_sql("0023_embedded_words.sql")
