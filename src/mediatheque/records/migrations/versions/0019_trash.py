"""Files know whether they are in the trash, whose assets no list, count or search has to pass over."""

from mediatheque.records.migrations.sql import run_sql

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the columns, and leave what is in the trash out of the indexes of lists."""
    run_sql("0019_trash.sql")
