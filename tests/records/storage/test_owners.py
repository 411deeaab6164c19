from mediatheque.records.database import Connection
from mediatheque.records.search.embedding_models import EmbeddingModel
from mediatheque.records.storage.owners import OWNERS


async def test_every_table_with_storage_keys_is_registered(opened: tuple[Connection, EmbeddingModel]) -> None:
    """`verify --repair` deletes bytes that no registered table names."""
    conn, _ = opened
    cursor = await conn.execute(
        """
        SELECT c.relname AS table FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE a.attname = 'storage_key' AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
        """
    )
    assert sorted(row["table"] for row in await cursor.fetchall()) == sorted(owner.table for owner in OWNERS)


async def test_every_permanent_owner_marks_the_bytes_of_its_deleted_rows(
    opened: tuple[Connection, EmbeddingModel],
) -> None:
    conn, _ = opened
    cursor = await conn.execute(
        "SELECT tgrelid::regclass::text AS table FROM pg_trigger WHERE tgfoid = 'mark_bytes_for_deletion'::regproc"
    )
    marking = sorted(row["table"] for row in await cursor.fetchall())
    assert marking == sorted(owner.table for owner in OWNERS if owner.permanent)


async def test_every_registered_storage_key_is_indexed(opened: tuple[Connection, EmbeddingModel]) -> None:
    conn, _ = opened
    for owner in OWNERS:
        cursor = await conn.execute(
            """
            SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = %s::regclass AND a.attname = 'storage_key'
            """,
            (owner.table,),
        )
        assert cursor.rowcount >= 1, owner.table
