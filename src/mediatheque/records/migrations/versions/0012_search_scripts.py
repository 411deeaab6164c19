"""Search in scripts without spaces and for emoji; case that does not depend on the locale of the database."""

from typing import Any

from alembic import op
from psycopg import sql

from mediatheque.records.migrations.sql import run_sql

revision = "0012"
down_revision = "0011"

_COLLATIONS = ("pg_c_utf8", "und-x-icu", "C.utf8", "C.UTF-8", "en_US.utf8", "en_US.UTF-8")
"""Collations that fold all of Unicode, the best first: of PostgreSQL 17 and later, of ICU, of the C library."""
_FOLD = """
    CREATE OR REPLACE FUNCTION fold(text) RETURNS text
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN lower(upper(normalize($1, NFC) COLLATE {collation})) COLLATE "default"
"""
_TWINS = """
    UPDATE {table} t SET {name} = left(t.{name}, 16) || {joint} || replace(t.id::text, '-', '')
    FROM (SELECT id, row_number() OVER (PARTITION BY workspace_id, fold({name}) ORDER BY created_at, id) AS number
          FROM {table} WHERE {name} IS NOT NULL) twins
    WHERE twins.id = t.id AND twins.number > 1
"""
"""Names that are one only now: the younger rows get their id into theirs, as in migration 0005."""


def upgrade() -> None:
    """Mend `fold` where the locale (C) folds ASCII only, and index the words anew."""
    connection: Any = op.get_bind().connection.driver_connection
    if not connection.execute("SELECT fold('ÉΣ') = 'éσ'").fetchone()[0]:
        _fold_all_of_unicode(connection)
    run_sql("0012_search_scripts.sql")


def _fold_all_of_unicode(connection: Any) -> None:
    collation = connection.execute(
        """
        SELECT collname FROM pg_collation
        WHERE collname = ANY(%(names)s) AND collencoding IN (-1, pg_char_to_encoding('UTF8'))
        ORDER BY array_position(%(names)s, collname::text) LIMIT 1
        """,
        {"names": list(_COLLATIONS)},
    ).fetchone()
    if collation is None:
        raise RuntimeError("the database has locale C and no collation that knows all letters; create it with C.UTF-8")
    connection.execute("DROP INDEX tag_name; DROP INDEX collection_identifier")
    connection.execute(sql.SQL(_FOLD).format(collation=sql.Identifier(collation[0])))
    for table, name, joint in (("tag", "name", " "), ("collection", "identifier", "_")):
        twins = sql.SQL(_TWINS).format(table=sql.Identifier(table), name=sql.Identifier(name), joint=sql.Literal(joint))
        connection.execute(twins)
    connection.execute(
        """
        CREATE UNIQUE INDEX tag_name ON tag (workspace_id, fold(name));
        CREATE UNIQUE INDEX collection_identifier ON collection (workspace_id, fold(identifier))
            WHERE identifier IS NOT NULL;
        REINDEX INDEX tag_letters;
        REINDEX INDEX folder_name
        """
    )
