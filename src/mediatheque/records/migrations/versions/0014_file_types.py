"""Files have types of their own where their bytes do not tell it."""

from mediatheque.records.migrations.sql import run_sql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the type of a file, which is null where it is that of its blob."""
    run_sql("0014_file_types.sql")
