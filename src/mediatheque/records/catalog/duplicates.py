"""Assets with the same content: those of one blob."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from mediatheque.model import Cursor
from mediatheque.records.catalog import assets
from mediatheque.records.database import Connection

MAX_FILES = 1_000
"""So many files of a blob are looked at. Files without an asset and older versions count."""
MAX_BLOBS = 500
"""So many blobs are looked at for one page."""

_FILES = "(SELECT * FROM file x WHERE x.blob_id = s.id LIMIT %(files)s)"
_ASSETS = f"""
    FROM {_FILES} f, LATERAL (
        SELECT a.id, a.created_at FROM asset a
        WHERE a.file_id = f.id AND a.workspace_id = %(workspace)s AND {assets.LIVE} OFFSET 0
    ) a
"""  # noqa: S608 - constants
"""The assets of the blob `s`. `OFFSET 0` makes the planner look up each file's asset, instead of reading all assets."""


class ReusedBlob(msgspec.Struct, frozen=True):
    """A blob that was stored more than once, with its place in the list; `is_group`: two assets have it, or more."""

    id: UUID
    cursor: Cursor
    is_group: bool


async def page(conn: Connection, workspace_id: UUID, after: Cursor | None) -> list[ReusedBlob]:
    """Return the next `MAX_BLOBS` blobs of the workspace that were stored more than once, the newest first.

    An index has these blobs alone, in this order. Of each, two assets are looked for.
    """
    cursor = await conn.execute(
        f"""
        WITH s AS MATERIALIZED (
            SELECT id, created_at FROM blob WHERE workspace_id = %(workspace)s AND reused
                {"" if after is None else "AND (created_at, id) < (%(moment)s, %(id)s)"}
            ORDER BY created_at DESC, id DESC LIMIT %(blobs)s
        )
        SELECT s.id, s.created_at, (SELECT count(*) FROM (SELECT {_ASSETS} LIMIT 2) found) > 1 AS is_group
        FROM s ORDER BY s.created_at DESC, s.id DESC
        """,  # noqa: S608 - constants
        {
            "workspace": workspace_id,
            "moment": after and after.created_at,
            "id": after and after.id,
            "blobs": MAX_BLOBS,
            "files": MAX_FILES,
        },
    )
    return [
        ReusedBlob(row["id"], Cursor(row["created_at"], row["id"]), row["is_group"]) for row in await cursor.fetchall()
    ]


async def groups(conn: Connection, workspace_id: UUID, blob_ids: Sequence[UUID], limit: int) -> dict[UUID, Any]:
    """Return for each blob the `total` of its assets, and the `ids` of the `limit` oldest ones."""
    cursor = await conn.execute(
        f"""
        SELECT s.id, g.total, g.ids[:%(limit)s] AS ids FROM unnest(%(blobs)s::uuid[]) AS s (id), LATERAL (
            SELECT count(*) AS total, array_agg(a.id ORDER BY a.created_at, a.id) AS ids {_ASSETS}
        ) g
        """,  # noqa: S608 - constants
        {"workspace": workspace_id, "blobs": list(blob_ids), "files": MAX_FILES, "limit": limit},
    )
    return {row["id"]: row for row in await cursor.fetchall()}
