"""Rows of collections: manual ones in a tree, smart ones and characters."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from mediatheque.model import Collection, CollectionType, File
from mediatheque.records.catalog import files
from mediatheque.records.collections import images
from mediatheque.records.database import Connection

_JSON = ("filters", "example_files")
_MEMBERS = "FROM collection_asset m WHERE m.collection_id = c.id"
_SELECT = f"""
    WITH expired AS MATERIALIZED (
        SELECT m.collection_id, count(*) AS assets
        FROM file f JOIN asset a ON a.file_id = f.id JOIN collection_asset m ON m.asset_id = a.id
        WHERE {files.EXPIRED} AND a.workspace_id = %(workspace)s GROUP BY m.collection_id
    )
    SELECT c.*, {files.COLUMNS},
        CASE WHEN c.type = 'manual' THEN (
            SELECT count(*) FROM (SELECT {_MEMBERS} LIMIT %(most)s::bigint + 1) x
        ) END AS members,
        COALESCE((SELECT x.assets FROM expired x WHERE x.collection_id = c.id), 0) AS expired
    FROM collection c
    LEFT JOIN (file f JOIN blob b ON b.id = f.blob_id) ON f.id = c.cover_file_id AND {files.LIVE}
    WHERE c.workspace_id = %(workspace)s AND c.type = ANY(%(types)s)
"""  # noqa: S608 - constants
NEWEST = "ORDER BY c.created_at DESC, c.id DESC"
_PAGE = f"""
    AND c.id IN (
        SELECT c.id FROM unnest(%(types)s::text[]) AS t (type) CROSS JOIN LATERAL (
            SELECT c.id, c.created_at FROM collection c
            WHERE c.workspace_id = %(workspace)s AND c.type = t.type {NEWEST} LIMIT %(offset)s::bigint + %(limit)s
        ) c {NEWEST} LIMIT %(limit)s OFFSET %(offset)s
    )
"""  # noqa: S608 - constants


async def find(
    conn: Connection, workspace_id: UUID, id: UUID, types: Sequence[CollectionType], *, max_count: int
) -> Collection | None:
    """Return the workspace's collection of that id and one of the types, or None.

    Members are counted up to `max_count`.
    """
    found = await find_many(conn, "AND c.id = %(id)s", workspace_id, types, {"id": id, "most": max_count})
    return found[0] if found else None


async def find_by_handles(conn: Connection, workspace_id: UUID, identifiers: Sequence[str]) -> list[Collection]:
    """Return the workspace's characters of those identifiers, ignoring case."""
    where = "AND fold(c.identifier) IN (SELECT fold(x) FROM unnest(%(names)s::text[]) x)"
    return await find_many(
        conn, where, workspace_id, (CollectionType.CHARACTER,), {"names": list(identifiers), "most": 0}
    )


async def taken_handles(conn: Connection, workspace_id: UUID, stem: str) -> set[str]:
    """Return the workspace's case-folded identifiers that begin with the stem."""
    cursor = await conn.execute(
        """
        SELECT fold(identifier) AS handle FROM collection
        WHERE workspace_id = %s AND identifier IS NOT NULL AND starts_with(fold(identifier), fold(%s))
        """,
        (workspace_id, stem),
    )
    return {row["handle"] for row in await cursor.fetchall()}


async def page(
    conn: Connection, workspace_id: UUID, types: Sequence[CollectionType], limit: int, offset: int, *, max_count: int
) -> list[Collection]:
    """Return one page of the collections of these types, newest first. An index has each type in that order."""
    return await find_many(conn, _PAGE, workspace_id, types, {"limit": limit, "offset": offset, "most": max_count})


async def find_many(
    conn: Connection, where: str, workspace_id: UUID, types: Sequence[CollectionType], parameters: dict[str, object]
) -> list[Collection]:
    """Return the workspace's collections of the types that meet the SQL condition, newest first.

    Its parameters are named; `most` is the number up to which members are counted.
    """
    cursor = await conn.execute(
        f"{_SELECT} {where} {NEWEST}",
        {**parameters, "workspace": workspace_id, "types": [str(each) for each in types]},
    )
    rows = await cursor.fetchall()
    characters = [row["id"] for row in rows if row["type"] == CollectionType.CHARACTER]
    references = await images.list_of(conn, workspace_id, characters) if characters else {}
    return [_from_row(row, parameters["most"], tuple(references.get(row["id"], ()))) for row in rows]


def _from_row(row: dict[str, Any], most: object, references: tuple[File, ...]) -> Collection:
    known = row["members"] is not None and row["members"] <= most
    return Collection(
        id=row["id"],
        workspace_id=row["workspace_id"],
        type=CollectionType(row["type"]),
        name=row["name"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        description=row["description"],
        icon=row["icon"],
        color=row["color"],
        cover=files.from_row(row) if row["file_id"] else None,
        parent_id=row["parent_id"],
        identifier=row["identifier"],
        filters=row["filters"],
        example_files=msgspec.convert(row["example_files"], dict[str, UUID]),
        references=references,
        is_favorite=row["is_favorite"],
        asset_count=row["members"] - row["expired"] if known else None,
    )


async def insert(
    conn: Connection, *, id: UUID, workspace_id: UUID, collection_type: CollectionType, values: Mapping[str, object]
) -> bool:
    """Insert an empty collection with the `values`, by column. Return False when its identifier is taken."""
    row = {"id": id, "workspace_id": workspace_id, "type": collection_type, **_stored(values)}
    cursor = await conn.execute(
        f"""
        INSERT INTO collection ({", ".join(row)}) VALUES ({", ".join(["%s"] * len(row))})
        ON CONFLICT (workspace_id, fold(identifier)) WHERE identifier IS NOT NULL DO NOTHING
        """,  # noqa: S608 - names of columns
        list(row.values()),
    )
    return cursor.rowcount == 1


async def update(conn: Connection, workspace_id: UUID, id: UUID, values: Mapping[str, object]) -> None:
    """Update columns. `updated_at` changes only if a value does."""
    if not values:
        return
    row = _stored(values)
    changes = ", ".join(f"{column} = %s" for column in row)
    others = " OR ".join(f"{column} IS DISTINCT FROM %s" for column in row)
    await conn.execute(
        f"""
        UPDATE collection SET {changes}, updated_at = statement_timestamp()
        WHERE workspace_id = %s AND id = %s AND ({others})
        """,  # noqa: S608 - names of columns
        [*row.values(), workspace_id, id, *row.values()],
    )


def _stored(values: Mapping[str, object]) -> dict[str, object]:
    """Wrap the values of JSON columns for psycopg."""
    json = {name: Jsonb(msgspec.to_builtins(values[name])) for name in _JSON if values.get(name) is not None}
    return {**values, **json}


async def set_favorite(conn: Connection, workspace_id: UUID, id: UUID, favorite: bool) -> None:
    """Mark the collection as a favorite, or not."""
    await conn.execute(
        "UPDATE collection SET is_favorite = %s WHERE workspace_id = %s AND id = %s", (favorite, workspace_id, id)
    )


async def delete(conn: Connection, workspace_id: UUID, id: UUID) -> bool:
    """Delete the collection, not its assets. Its subcollections move up to its parent. The caller has locked the tree.

    Return False when it does not exist. Once the collection is locked, no concurrent request can add a member. Its
    memberships are then locked by asset id, the order that every transaction uses which deletes memberships of several
    assets.
    """
    cursor = await conn.execute(
        "SELECT FROM collection WHERE workspace_id = %s AND id = %s FOR UPDATE", (workspace_id, id)
    )
    if await cursor.fetchone() is None:
        return False
    await conn.execute("SELECT FROM collection_asset WHERE collection_id = %s ORDER BY asset_id FOR UPDATE", (id,))
    await conn.execute(
        """
        UPDATE collection SET updated_at = statement_timestamp(),
            parent_id = (SELECT p.parent_id FROM collection p WHERE p.id = collection.parent_id)
        WHERE workspace_id = %s AND parent_id = %s
        """,
        (workspace_id, id),
    )
    await conn.execute("DELETE FROM collection WHERE workspace_id = %s AND id = %s", (workspace_id, id))
    return True
