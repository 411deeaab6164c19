"""The terms of metadata, computed in linear time."""

from mediatheque.records.migrations.sql import run_sql

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Replace the function."""
    run_sql("0026_metadata_terms.sql")
