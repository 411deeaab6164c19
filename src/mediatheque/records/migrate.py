"""Migration of a database to the schema of this version."""

from pathlib import Path

import psycopg

from mediatheque.errors import DatabaseUnavailable

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x4D545153
"""An arbitrary number: the advisory lock that one of several starting nodes migrates under."""


def migrate(url: str) -> None:
    """Apply the migrations that the database at `url` (a URL or conninfo) lacks.

    Raises DatabaseUnavailable when it cannot be connected to, or its schema is newer than this version.
    """
    try:
        with psycopg.connect(url, autocommit=True) as lock:
            lock.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            version = _version(lock)
            if version is not None and version > newest():
                raise DatabaseUnavailable(f"The database has schema {version}; this version knows {newest()} at most.")
            if version != newest():
                _upgrade(url)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(f"The database cannot be used: {error}".strip()) from error


def newest() -> str:
    """Return the revision of this version."""
    return max(path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def _version(conn: psycopg.Connection) -> str | None:
    row = conn.execute("SELECT to_regclass('alembic_version')::text").fetchone()
    if row is None or row[0] is None:
        return None
    version = conn.execute("SELECT version_num FROM alembic_version").fetchone()
    return version[0] if version else None


def _upgrade(url: str) -> None:
    # Alembic takes a second to import; a start on a current schema does without it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy import NullPool, create_engine  # noqa: PLC0415

    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    engine.dispose()
