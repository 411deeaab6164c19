"""Collections, provenance and embeddings."""

from mediatheque.records.migrations.sql import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the rest of the library."""
    run_sql("0005_library.sql")
