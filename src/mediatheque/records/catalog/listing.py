"""Pages and counts of assets."""

from functools import partial
from uuid import UUID

import msgspec

from mediatheque.model import Asset, Cursor, Filter
from mediatheque.records.catalog import assets, files
from mediatheque.records.catalog.filters import Clause, clause_of
from mediatheque.records.database import Connection, fetch_one


async def page(conn: Connection, workspace_id: UUID, wanted: Filter, after: Cursor | None, limit: int) -> list[Asset]:
    """Return the next assets after the cursor, newest first. Every filter is served by an index."""
    member = _required_membership(wanted)
    where, parameters = _where(workspace_id, member.others if member else wanted)
    joined, moment, id = (member.join, "m.asset_created_at", "m.asset_id") if member else ("", "a.created_at", "a.id")
    if after is not None:
        where += f" AND ({moment}, {id}) < (%s, %s)"
        parameters += [after.created_at, after.id]
    cursor = await conn.execute(
        f"{assets.SELECT} {joined} WHERE {where} AND {assets.LIVE} ORDER BY {moment} DESC, {id} DESC LIMIT %s",
        [*([member.id] if member else []), *parameters, limit],
    )
    return [assets.from_row(row) for row in await cursor.fetchall()]


async def count(conn: Connection, workspace_id: UUID, wanted: Filter, *, max_count: int | None = None) -> int | None:
    """Count the assets that match the filter, without those whose file has expired.

    Return None when there are more than `max_count`. Counting stops there.
    """
    counted, values = _count_query(workspace_id, wanted)
    where, parameters = _where(workspace_id, wanted)
    bound, more = ("", []) if max_count is None else ("LIMIT %s", [max_count + 1])
    cursor = await conn.execute(
        f"""
        SELECT (SELECT count(*) FROM ({counted} {bound}) x) AS total,
            (SELECT count(*) {assets.JOINED} WHERE {where} AND {files.EXPIRED}) AS expired
        """,  # noqa: S608 - constants and clauses of ours
        [*values, *more, *parameters],
    )
    row = await fetch_one(cursor)
    return None if max_count is not None and row["total"] > max_count else int(row["total"] - row["expired"])


def _count_query(workspace_id: UUID, wanted: Filter) -> Clause:
    """Return a query with one row for each asset that matches the filter.

    `OFFSET 0` and `ORDER BY` make PostgreSQL look up the members of a collection or tag one by one, in their order. A
    prepared plan, which assumes tags of average size, would read every asset of the library instead.
    """
    member = _required_membership(wanted)
    where, parameters = _where(workspace_id, member.others if member else wanted)
    if member is None:
        return f"SELECT FROM asset a WHERE {where}", parameters
    one = f"SELECT FROM asset a WHERE a.id = m.asset_id AND {where} OFFSET 0"
    counted = f"SELECT FROM {member.table} m, LATERAL ({one}) a WHERE m.{member.column} = %s"
    return f"{counted} ORDER BY m.asset_created_at DESC, m.asset_id DESC", [*parameters, member.id]


def _where(workspace_id: UUID, wanted: Filter) -> Clause:
    where, parameters = clause_of(wanted)
    return f"a.workspace_id = %s AND a.trashed_at IS NULL AND {where}", [workspace_id, *parameters]


class _Membership(msgspec.Struct, frozen=True):
    """A table with the members of one collection or tag, in the order of lists; `others` is the rest of the filter."""

    table: str
    column: str
    id: UUID
    others: Filter

    @property
    def join(self) -> str:
        return f"JOIN {self.table} m ON m.asset_id = a.id AND m.{self.column} = %s"


def _required_membership(wanted: Filter) -> _Membership | None:
    """Return a membership that every asset of the filter has, or None."""
    but = partial(msgspec.structs.replace, wanted)
    if wanted.collection_id is not None:
        return _Membership("collection_asset", "collection_id", wanted.collection_id, but(collection_id=None))
    if len(wanted.character_ids) == 1:
        return _Membership("collection_asset", "collection_id", wanted.character_ids[0], but(character_ids=()))
    if len(wanted.tag_ids) == 1 or (wanted.tag_ids and wanted.all_tags):
        return _Membership("asset_tag", "tag_id", wanted.tag_ids[0], but(tag_ids=wanted.tag_ids[1:]))
    return None
