"""Edges of the lineage graph, and details of its nodes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from mediatheque.model import GenerationIO
from mediatheque.records.catalog.assets import LIVE
from mediatheque.records.database import Connection

_OUTPUT = "request_id, asset_id, kind, true AS output"
_INPUT = "request_id, asset_id, kind, url, character_id, role"


async def producers(conn: Connection, workspace_id: UUID, asset_ids: Sequence[UUID], limit: int) -> list[GenerationIO]:
    """Return the assets as outputs of the requests that made them."""
    return await _generation_ios(
        conn,
        f"SELECT {_OUTPUT} FROM generation_output WHERE workspace_id = %s AND asset_id = ANY(%s) LIMIT %s",  # noqa: S608 - constants
        (workspace_id, list(asset_ids), limit),
    )


async def outputs(conn: Connection, workspace_id: UUID, request_ids: Sequence[str], limit: int) -> list[GenerationIO]:
    """Return the outputs of the requests, ordered by asset id, at most `limit`."""
    return await _generation_ios(
        conn,
        f"""
        SELECT o.* FROM unnest(%s::text[]) AS r (id), LATERAL (
            SELECT {_OUTPUT} FROM generation_output WHERE workspace_id = %s AND request_id = r.id
            ORDER BY asset_id LIMIT %s
        ) o LIMIT %s
        """,  # noqa: S608 - constants
        (list(request_ids), workspace_id, limit, limit),
    )


async def inputs(conn: Connection, workspace_id: UUID, request_ids: Sequence[str], limit: int) -> list[GenerationIO]:
    """Return the inputs of the requests in the order in which they were given, at most `limit`."""
    return await _generation_ios(
        conn,
        f"""
        SELECT i.* FROM unnest(%s::text[]) AS r (id), LATERAL (
            SELECT {_INPUT} FROM generation_input WHERE workspace_id = %s AND request_id = r.id
            ORDER BY position LIMIT %s
        ) i LIMIT %s
        """,  # noqa: S608 - constants
        (list(request_ids), workspace_id, limit, limit),
    )


async def consumers(conn: Connection, workspace_id: UUID, asset_ids: Sequence[UUID], limit: int) -> list[GenerationIO]:
    """Return the assets as inputs of the requests that used them, latest first, at most `limit`."""
    return await _generation_ios(
        conn,
        f"""
        SELECT i.* FROM unnest(%s::uuid[]) AS a (id), LATERAL (
            SELECT {_INPUT} FROM generation_input WHERE workspace_id = %s AND asset_id = a.id
            ORDER BY position DESC LIMIT %s
        ) i LIMIT %s
        """,  # noqa: S608 - constants
        (list(asset_ids), workspace_id, limit, limit),
    )


async def _generation_ios(conn: Connection, query: str, parameters: Sequence[object]) -> list[GenerationIO]:
    cursor = await conn.execute(query, parameters)
    return msgspec.convert(await cursor.fetchall(), list[GenerationIO])


async def assets(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return for each id what is known: `request_id` of the request that made it, `file_id` and `file_name`."""
    cursor = await conn.execute(
        f"""
        SELECT n.id, o.request_id, f.id AS file_id, f.name AS file_name FROM unnest(%(ids)s::uuid[]) AS n (id)
        LEFT JOIN generation_output o ON o.workspace_id = %(workspace_id)s AND o.asset_id = n.id
        LEFT JOIN (asset a JOIN file f ON f.id = a.file_id AND {LIVE})
            ON a.workspace_id = %(workspace_id)s AND a.id = n.id
        """,  # noqa: S608 - constants
        {"ids": list(ids), "workspace_id": workspace_id},
    )
    return {row["id"]: row for row in await cursor.fetchall()}


async def requests(conn: Connection, workspace_id: UUID, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return `endpoint`, `prompt` and `created_at` of each request."""
    cursor = await conn.execute(
        """
        SELECT request_id, endpoint, prompt, created_at FROM generation
        WHERE workspace_id = %s AND request_id = ANY(%s)
        """,
        (workspace_id, list(ids)),
    )
    return {row["request_id"]: row for row in await cursor.fetchall()}


async def characters(conn: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return `name` and `handle` of each character that exists."""
    cursor = await conn.execute(
        """
        SELECT id, name, identifier AS handle FROM collection
        WHERE workspace_id = %s AND id = ANY(%s) AND type = 'character'
        """,
        (workspace_id, list(ids)),
    )
    return {row["id"]: row for row in await cursor.fetchall()}
