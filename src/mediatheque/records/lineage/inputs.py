"""Look-ups of the inputs of requests: assets by id, file or request; characters by id or handle."""

from collections.abc import Sequence
from uuid import UUID

from mediatheque.model import Kind
from mediatheque.records.catalog import assets
from mediatheque.records.database import Connection

InputAssets = dict[UUID | str, tuple[UUID, Kind]]
"""Ids and kinds of assets, by the id with which they were looked up."""


async def find_by_id(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> InputAssets:
    """Return the workspace's assets of those ids."""
    if not ids:
        return {}
    cursor = await conn.execute(
        f"""
        SELECT a.id, a.kind FROM asset a JOIN file f ON f.id = a.file_id
        WHERE a.workspace_id = %s AND a.id = ANY(%s) AND {assets.LIVE}
        """,  # noqa: S608 - constants
        (workspace_id, list(ids)),
    )
    return {row["id"]: (row["id"], Kind(row["kind"])) for row in await cursor.fetchall()}


async def find_by_file(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> InputAssets:
    """Return the workspace's assets that have those files, now or in an older version, by file id."""
    if not ids:
        return {}
    cursor = await conn.execute(
        f"""
        SELECT owned.named, a.id, a.kind FROM (
            SELECT file_id AS named, id FROM asset WHERE file_id = ANY(%(ids)s)
            UNION ALL SELECT file_id, asset_id FROM asset_version WHERE file_id = ANY(%(ids)s)
        ) owned JOIN asset a ON a.id = owned.id JOIN file f ON f.id = a.file_id
        WHERE a.workspace_id = %(workspace)s AND {assets.LIVE}
        """,  # noqa: S608 - constants
        {"workspace": workspace_id, "ids": list(ids)},
    )
    return {row["named"]: (row["id"], Kind(row["kind"])) for row in await cursor.fetchall()}


async def find_by_origin(conn: Connection, workspace_id: UUID, urls: Sequence[str]) -> InputAssets:
    """Return the workspace's assets that were imported from those URLs, by URL."""
    if not urls:
        return {}
    cursor = await conn.execute(
        f"""
        SELECT f.origin_url AS named, a.id, a.kind FROM file f JOIN asset a ON a.file_id = f.id
        WHERE f.workspace_id = %s AND f.origin_url = ANY(%s) AND {assets.LIVE}
        """,  # noqa: S608 - constants
        (workspace_id, list(urls)),
    )
    return {row["named"]: (row["id"], Kind(row["kind"])) for row in await cursor.fetchall()}


async def find_by_request(conn: Connection, workspace_id: UUID, request_ids: Sequence[str]) -> InputAssets:
    """Return the first asset that each request made, by request id."""
    if not request_ids:
        return {}
    cursor = await conn.execute(
        f"""
        SELECT r.request_id, first.id, first.kind FROM unnest(%s::text[]) AS r (request_id), LATERAL (
            SELECT a.id, a.kind FROM asset a JOIN file f ON f.id = a.file_id
            WHERE a.workspace_id = %s AND a.request_id = r.request_id AND {assets.LIVE}
            ORDER BY a.created_at, a.id LIMIT 1
        ) first
        """,  # noqa: S608 - constants
        (list(request_ids), workspace_id),
    )
    return {row["request_id"]: (row["id"], Kind(row["kind"])) for row in await cursor.fetchall()}


async def find_characters(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the ids that are characters of the workspace."""
    cursor = await conn.execute(
        "SELECT id FROM collection WHERE workspace_id = %s AND type = 'character' AND id = ANY(%s)",
        (workspace_id, list(ids)),
    )
    return {row["id"] for row in await cursor.fetchall()}


async def find_handles(conn: Connection, workspace_id: UUID, handles: Sequence[str]) -> dict[str, UUID]:
    """Return the ids of the workspace's characters of these handles, ignoring case, by handle as given."""
    cursor = await conn.execute(
        """
        SELECT h.handle, c.id FROM unnest(%s::text[]) AS h (handle)
        JOIN collection c ON c.workspace_id = %s AND c.identifier IS NOT NULL AND fold(c.identifier) = fold(h.handle)
        """,
        (list(handles), workspace_id),
    )
    return {row["handle"]: row["id"] for row in await cursor.fetchall()}
