"""What a PostgreSQL of one's own must have, checked before it is changed.

What lacks is told in one line, with the statements that an administrator must run.
"""

from typing import Any

import psycopg
from psycopg import sql

from mediatheque.errors import DatabaseUnavailable
from mediatheque.records.database import Connection, fetch_one

_OLDEST = 150000
_EXTENSIONS = ("pg_trgm", "btree_gin", "vector")
_OLDEST_VECTOR = (0, 8)
"""The version of pgvector that has `hnsw.iterative_scan`."""


async def check_server(conn: Connection) -> None:
    """Raise DatabaseUnavailable when PostgreSQL is too old or the database stores text in another encoding."""
    row = await _row(
        conn,
        "SELECT current_setting('server_version_num')::int AS number, version() AS name,"
        " current_setting('server_encoding') AS encoding, current_database() AS database",
    )
    if row["number"] < _OLDEST:
        version = " ".join(row["name"].split()[:2])
        raise DatabaseUnavailable(f"The database is {version}: Mediatheque needs PostgreSQL 15 or later.")
    if row["encoding"] != "UTF8":
        create = "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0"
        raise DatabaseUnavailable(
            f"The database {row['database']} has the encoding {row['encoding']}, which cannot store every text: "
            f"an administrator must make another one ({create})."
        )


async def check_rights(conn: Connection) -> None:
    """Raise DatabaseUnavailable when the tables are there, but belong to a role whose rights this one has not."""
    row = await _row(conn, _OWNER)
    if row["statement"]:
        raise _needs(row["database"], [row["statement"]])


def prepare(conn: psycopg.Connection) -> None:
    """Create the extensions, in the transaction of the migration.

    Raises DatabaseUnavailable when they, or rights on the schema, lack.
    """
    statements = []
    database, grant = conn.execute(_SCHEMA).fetchone() or ("", None)
    if grant:
        statements.append(grant)
    for extension in _EXTENSIONS:
        if lacks := _create(conn, extension):
            statements.append(lacks)
    statements += [row[0] for row in conn.execute(_HIDDEN_EXTENSIONS, [list(_EXTENSIONS)])]
    if statements:
        raise _needs(database, statements)
    version = conn.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    if version and tuple(int(part) for part in version[0].split(".")[:2]) < _OLDEST_VECTOR:
        update = "ALTER EXTENSION vector UPDATE (after an upgrade of its package to 0.8 or later)"
        raise _needs(database, [f"{update}; it is {version[0]} now"])


def _create(conn: psycopg.Connection, extension: str) -> str | None:
    """Create the extension unless it exists; returns the statement for an administrator when that is not possible.

    It is tried, since managed databases let their users create extensions that PostgreSQL leaves to superusers.
    """
    create = sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
    try:
        with conn.transaction():
            conn.execute(create)
    except psycopg.errors.InsufficientPrivilege:
        return f"CREATE EXTENSION {extension}"
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile) as error:
        major = conn.info.server_version // 10000
        package = f"postgresql-{major}-pgvector" if extension == "vector" else f"postgresql-contrib of version {major}"
        return f"CREATE EXTENSION {extension} (install {package} on its host first: {error.diag.message_primary})"
    return None


def _needs(database: str, statements: list[str]) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        f"The database is not prepared: an administrator must run in {database}: {'; '.join(statements)};"
    )


async def _row(conn: Connection, query: str) -> dict[str, Any]:
    return await fetch_one(await conn.execute(query.encode()))


_OWNER = """
    SELECT current_database() AS database, (
        SELECT format('GRANT %I TO %I', pg_get_userbyid(v.relowner), current_user) FROM pg_class v
        WHERE v.oid = to_regclass('alembic_version') AND NOT pg_has_role(v.relowner, 'USAGE') AND EXISTS (
            SELECT FROM pg_class t, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS used (privilege)
            WHERE t.relnamespace = v.relnamespace AND t.relowner = v.relowner AND t.relkind = 'r'
                AND NOT has_table_privilege(t.oid, used.privilege)
        )
    ) AS statement
"""
_SCHEMA = """
    SELECT current_database(), CASE
        WHEN current_schema() IS NULL THEN format('GRANT USAGE, CREATE ON SCHEMA public TO %I', current_user)
        WHEN NOT has_schema_privilege(current_schema(), 'CREATE')
        THEN format('GRANT CREATE ON SCHEMA %I TO %I', current_schema(), current_user)
    END
"""
_HIDDEN_EXTENSIONS = """
    SELECT format('ALTER ROLE %%I SET search_path = %%s, %%I', current_user, current_setting('search_path'), n.nspname)
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = ANY(%s) AND n.nspname <> ALL(current_schemas(true)) GROUP BY n.nspname
"""
