"""Rows of assets, with their tags and collections."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from mediatheque.model import Asset, AssetRef, EmbeddedMetadata, File, Kind, Tag
from mediatheque.records.catalog import files
from mediatheque.records.database import Connection
from mediatheque.records.storage import embedded_metadata

JOINED = "FROM asset a JOIN file f ON f.id = a.file_id JOIN blob b ON b.id = f.blob_id"
LIVE = f"({files.LIVE} AND a.trashed_at IS NULL)"
"""Part of every query for assets and their files: neither expired nor in the trash.

The asset's own column is there for queries that lock it: after they have waited for a lock, only its row is read again.
"""
_TAGS_OF = "asset_tag at JOIN tag t ON t.id = at.tag_id WHERE at.asset_id = a.id"
_COLLECTIONS_OF = "collection_asset c WHERE c.asset_id = a.id"


def select(tags: str, collections: str) -> str:
    """Return the SELECT of assets, given the FROM and WHERE of their tags `t` and of their memberships `c`."""
    return f"""
    SELECT a.id, a.workspace_id, a.kind, a.title, a.caption, a.source, a.endpoint, a.request_id, a.is_favorite,
        a.folder_id, a.metadata, a.external_id, a.created_at, a.updated_at, a.trashed_at, a.version,
        {files.COLUMNS},
        (SELECT json_agg(json_build_object('id', t.id, 'name', t.name, 'created_at', t.created_at)
                         ORDER BY fold(t.name))::text
         FROM {tags}) AS tags,
        ARRAY(SELECT c.collection_id FROM {collections} ORDER BY c.added_at, c.collection_id) AS collection_ids
    {JOINED}
    """  # noqa: S608 - constants


SELECT = select(_TAGS_OF, _COLLECTIONS_OF)
_TAGS = msgspec.json.Decoder(tuple[Tag, ...])


class ExternalIdTaken(Exception):
    """Another asset outside the trash has the external id."""


def from_row(row: dict[str, Any]) -> Asset:
    """Build an asset from a row of `SELECT`."""
    return Asset(
        id=row["id"],
        workspace_id=row["workspace_id"],
        file=files.from_row(row),
        kind=Kind(row["kind"]),
        title=row["title"],
        caption=row["caption"],
        source=row["source"],
        endpoint=row["endpoint"],
        request_id=row["request_id"],
        is_favorite=row["is_favorite"],
        folder_id=row["folder_id"],
        metadata=row["metadata"],
        external_id=row["external_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        trashed_at=row["trashed_at"],
        version=row["version"],
        tags=_TAGS.decode(row["tags"]) if row["tags"] else (),
        collection_ids=tuple(row["collection_ids"]),
    )


async def insert(conn: Connection, asset: Asset) -> bool:
    """Insert the asset without tags and collections. Return False when its file has an asset, or is its version.

    Raises `ExternalIdTaken`.
    """
    with map_external_id():
        cursor = await conn.execute(
            """
            INSERT INTO asset (id, workspace_id, file_id, kind, title, caption, source, endpoint, request_id,
                               is_favorite, folder_id, metadata, external_id, created_at)
            SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
            WHERE NOT EXISTS (SELECT FROM asset_version WHERE file_id = %s)
            ON CONFLICT (file_id) DO NOTHING
            """,
            (
                asset.id,
                asset.workspace_id,
                asset.file.id,
                asset.kind,
                asset.title,
                asset.caption,
                asset.source,
                asset.endpoint,
                asset.request_id,
                asset.is_favorite,
                asset.folder_id,
                Jsonb(asset.metadata),
                asset.external_id,
                asset.created_at,
                asset.file.id,
            ),
        )
    return cursor.rowcount == 1


@contextmanager
def map_external_id() -> Iterator[None]:
    """Raise `ExternalIdTaken` for a violation of the index of external ids."""
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name == "asset_external_id":
            raise ExternalIdTaken from error
        raise


async def find(conn: Connection, workspace_id: UUID, id: UUID) -> Asset | None:
    """Return the workspace's asset of that id, or None."""
    return await _find_one(conn, "WHERE a.workspace_id = %s AND a.id = %s", (workspace_id, id))


async def find_described(conn: Connection, workspace_id: UUID, id: UUID) -> tuple[Asset, EmbeddedMetadata] | None:
    """Return the workspace's asset of that id with what its file says about itself, or None."""
    cursor = await conn.execute(
        f"""
        SELECT x.*, {embedded_metadata.COLUMNS}
        FROM ({SELECT} WHERE a.workspace_id = %s AND a.id = %s AND {LIVE}) x
        LEFT JOIN embedded_metadata m ON m.blob_id = x.blob_id AND m.workspace_id = x.workspace_id
        """,  # noqa: S608 - constants
        (workspace_id, id),
    )
    row = await cursor.fetchone()
    return (from_row(row), embedded_metadata.from_row(row)) if row else None


async def find_by_file(conn: Connection, file: File) -> Asset | None:
    """Return the asset that has the file, now or in an older version, or None."""
    return await _find_one(
        conn,
        """
        WHERE a.workspace_id = %s AND a.id IN (
            SELECT id FROM asset WHERE file_id = %s UNION SELECT asset_id FROM asset_version WHERE file_id = %s
        )
        """,
        (file.workspace_id, file.id, file.id),
    )


async def _find_one(conn: Connection, where: str, parameters: Sequence[object]) -> Asset | None:
    cursor = await conn.execute(f"{SELECT} {where} AND {LIVE}", parameters)
    row = await cursor.fetchone()
    return from_row(row) if row else None


async def lock_for_share(conn: Connection, workspace_id: UUID, reference: AssetRef) -> UUID | None:
    """Lock the asset against deletion until the transaction ends. Return its id, or None when there is none."""
    cursor = await conn.execute(
        f"""
        SELECT a.id FROM asset a JOIN file f ON f.id = a.file_id
        WHERE a.workspace_id = %s AND {"a.id" if reference.asset_id else "a.request_id"} = %s AND {LIVE}
        ORDER BY a.created_at, a.id LIMIT 1 FOR KEY SHARE OF a
        """,  # noqa: S608 - constants
        (workspace_id, reference.asset_id or reference.request_id),
    )
    row = await cursor.fetchone()
    return row["id"] if row else None


async def lock(conn: Connection, workspace_id: UUID, id: UUID) -> None:
    """Lock the asset against changes until the transaction ends. The caller has locked it against deletion."""
    await conn.execute("SELECT FROM asset WHERE workspace_id = %s AND id = %s FOR NO KEY UPDATE", (workspace_id, id))


async def find_by_ids(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> list[Asset]:
    """Return the workspace's assets of those ids, in no particular order. Unknown ids are ignored."""
    cursor = await conn.execute(
        f"{SELECT} WHERE a.workspace_id = %s AND a.id = ANY(%s) AND {LIVE}", (workspace_id, list(ids))
    )
    return [from_row(row) for row in await cursor.fetchall()]


async def existing_ids(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the ids that are assets of the workspace."""
    cursor = await conn.execute(
        f"""
        SELECT a.id FROM asset a JOIN file f ON f.id = a.file_id
        WHERE a.workspace_id = %s AND a.id = ANY(%s) AND {LIVE}
        """,  # noqa: S608 - constants
        (workspace_id, list(ids)),
    )
    return {row["id"] for row in await cursor.fetchall()}


async def find_by_external_id(conn: Connection, workspace_id: UUID, external_id: str) -> Asset | None:
    """Return the workspace's asset outside the trash with that external id, or None."""
    return await _find_one(conn, "WHERE a.workspace_id = %s AND a.external_id = %s", (workspace_id, external_id))


async def lock_for_update(conn: Connection, workspace_id: UUID, id: UUID) -> bool:
    """Lock the asset against every change, also of its tags and collections, until the transaction ends.

    Its file is locked against deletion before, as by whoever deletes assets: a change of the title reads the file's
    name. Return False when there is no such asset.
    """
    wanted = f"FROM asset a JOIN file f ON f.id = a.file_id WHERE a.workspace_id = %s AND a.id = %s AND {LIVE}"
    await conn.execute(f"SELECT {wanted} FOR KEY SHARE OF f", (workspace_id, id))
    cursor = await conn.execute(f"SELECT {wanted} FOR UPDATE OF a", (workspace_id, id))
    return await cursor.fetchone() is not None


async def update(conn: Connection, asset: Asset, values: Mapping[str, object]) -> None:
    """Set columns of the asset. Raises `ExternalIdTaken`."""
    if not values:
        return
    columns = {name: Jsonb(value) if name == "metadata" else value for name, value in values.items()}
    changes = ", ".join(f"{name} = %s" for name in columns)
    with map_external_id():
        await conn.execute(
            f"UPDATE asset SET {changes} WHERE workspace_id = %s AND id = %s",  # noqa: S608 - names of columns
            [*columns.values(), asset.workspace_id, asset.id],
        )


async def enrich(
    conn: Connection,
    asset: Asset,
    *,
    caption: str | None,
    favorite: bool,
    metadata: Mapping[str, object],
    external_id: str | None,
) -> None:
    """Set the caption, the external id and keys of the metadata that the asset lacks.

    It is marked as a favorite if `favorite` is true. Raises `ExternalIdTaken`.
    """
    with map_external_id():
        await conn.execute(
            """
            UPDATE asset SET caption = COALESCE(caption, %s), is_favorite = is_favorite OR %s,
                metadata = %s || metadata, external_id = COALESCE(external_id, %s)
            WHERE workspace_id = %s AND id = %s
            """,
            (caption, favorite, Jsonb(metadata), external_id, asset.workspace_id, asset.id),
        )


async def set_title(conn: Connection, asset: Asset, title: str) -> None:
    """Set the asset's title."""
    await conn.execute(
        "UPDATE asset SET title = %s WHERE workspace_id = %s AND id = %s", (title, asset.workspace_id, asset.id)
    )


async def set_favorite(conn: Connection, workspace_id: UUID, id: UUID, *, favorite: bool) -> None:
    """Mark the asset as a favorite, or not."""
    await conn.execute(
        "UPDATE asset SET is_favorite = %s WHERE workspace_id = %s AND id = %s", (favorite, workspace_id, id)
    )


async def delete(conn: Connection, asset: Asset) -> bool:
    """Delete the asset. Return False when a concurrent request has deleted it."""
    cursor = await conn.execute("DELETE FROM asset WHERE workspace_id = %s AND id = %s", (asset.workspace_id, asset.id))
    return cursor.rowcount == 1
