"""The queue's tables are procrastinate's, copied into a migration of ours: they must not fall behind."""

from pathlib import Path

import procrastinate
from procrastinate.schema import SchemaManager

from mediatheque.records import migrations

PORTED = "03.04.00_50_post_add_retry_failed_job_procedure.sql"
COPY = Path(migrations.__file__).parent / "versions" / "0004_queue.sql"


def test_every_migration_of_the_installed_procrastinate_is_ported() -> None:
    files = sorted(path.name for path in Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    missing = files[files.index(PORTED) + 1 :]
    assert not missing, f"port them to a revision of ours, then name the last of them here: {missing}"


def test_the_copy_is_the_schema_of_that_release() -> None:
    """Once a later release is ported, in a revision of its own, this test has done its duty."""
    schema = (Path(procrastinate.__file__).parent / "sql" / "schema.sql").read_text()
    assert COPY.read_text().endswith(schema)
