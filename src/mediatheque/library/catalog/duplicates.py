"""Groups of assets with the same content.

The bytes are stored once, however many assets have them: a group costs no room, but it is shown and searched as many
times. Assets that only look the same are found from one of them (library/search/similar.py): to compare each with each
would take longer than a request, so that nobody lists those of a whole library.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from mediatheque.model import Asset, Cursor
from mediatheque.records.catalog import assets
from mediatheque.records.catalog import duplicates as rows
from mediatheque.records.database import Database

MAX_SHOWN = 20
"""So many assets of a group are returned, the oldest ones."""


class DuplicateGroup(msgspec.Struct, frozen=True):
    """Assets with the same content, at most `MAX_SHOWN`, and how many there are among 1,000 files with it."""

    assets: tuple[Asset, ...]
    total: int


class Duplicates:
    """Look-up of assets with the same content."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, workspace_id: UUID, after: Cursor | None, limit: int
    ) -> tuple[list[DuplicateGroup], Cursor | None]:
        """Return at most `limit` groups after the cursor, those first whose content was stored last.

        The cursor for the next page is None at the end. A page has fewer groups than `limit`, or none, when much of the
        content that was once stored twice has no duplicates any more: no page takes longer for it.
        """
        async with self._database.connection() as conn:
            seen = await rows.page(conn, workspace_id, after)
            chosen = [blob for blob in seen if blob.is_group][:limit]
            found = await rows.groups(conn, workspace_id, [blob.id for blob in chosen], MAX_SHOWN)
            ids = [id for row in found.values() for id in row["ids"] or ()]
            by_id = {asset.id: asset for asset in await assets.find_by_ids(conn, workspace_id, ids)}
        groups = [_group(found[blob.id], by_id) for blob in chosen]
        return [group for group in groups if len(group.assets) > 1], _next(seen, chosen, limit)


def _group(row: Mapping[str, Any], by_id: Mapping[UUID, Asset]) -> DuplicateGroup:
    return DuplicateGroup(tuple(by_id[id] for id in row["ids"] or () if id in by_id), row["total"])


def _next(seen: list[rows.ReusedBlob], chosen: list[rows.ReusedBlob], limit: int) -> Cursor | None:
    """Return the cursor after the last group of a full page, else after the last blob that was looked at, if any."""
    if len(chosen) == limit and chosen[-1] is not seen[-1]:
        return chosen[-1].cursor
    return seen[-1].cursor if len(seen) == rows.MAX_BLOBS else None
