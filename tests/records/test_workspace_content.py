"""Every table with rows of a workspace is emptied when that is deleted."""

import psycopg

from mediatheque.records.accounts.content import KEPT, TABLES, TABLES_OF_UPLOADS, WITH_OTHERS


def test_every_table_of_a_workspace_is_deleted_with_it(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT table_name FROM information_schema.columns "
            "JOIN information_schema.tables USING (table_schema, table_name) "
            "WHERE column_name = 'workspace_id' AND table_schema = 'public' AND table_type = 'BASE TABLE'"
        ).fetchall()
    owned = [each.table for each in TABLES + TABLES_OF_UPLOADS]
    assert sorted([*owned, *WITH_OTHERS, *KEPT]) == sorted(row[0] for row in rows)


def test_rows_of_a_workspace_are_found_by_an_index(database_url: str) -> None:
    """A million rows of other workspaces do not slow the deletion."""
    needed = {each.table for each in TABLES + TABLES_OF_UPLOADS} | {"blob", "upload"}
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT indrelid::regclass::text FROM pg_index JOIN pg_attribute ON attrelid = indrelid "
            "WHERE attname = 'workspace_id' AND indkey[0] = attnum AND indpred IS NULL"
        ).fetchall()
    assert needed - {row[0] for row in rows} == set()
