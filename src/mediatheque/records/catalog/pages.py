"""Pages of assets in any order, with any filter, at a cost that does not grow with the library.

An index has the assets in each order. A page reads it from the position on, and asks of each asset whether it matches.
Where too few do, and an index finds all that can match, and they are few, these are sorted instead. Else the page ends
after `MAX_EXAMINED` assets, be it empty, and the next one goes on there.
"""

from uuid import UUID

import msgspec
from psycopg.rows import DictRow

from mediatheque.model import Asset, Position
from mediatheque.records.catalog import assets, candidates
from mediatheque.records.catalog.filters import Clause
from mediatheque.records.catalog.ordering import Listing
from mediatheque.records.database import Connection

MAX_EXAMINED = 10_000
"""Assets that a page reads at most."""
MAX_SORTED = 5_000
"""Assets that can match, up to which all are looked at."""
_FIRST_EXAMINED = 1_000  # then it is known whether matches are common


class Page(msgspec.Struct, frozen=True):
    """Assets in order, and the position after the last one that was read; None at the end of the list."""

    assets: list[Asset]
    after: Position | None


class _Scanned(msgspec.Struct, frozen=True):
    """Positions of matches, and that of the last asset that was examined if there are more; None at the end."""

    found: list[Position]
    end: Position | None


async def page(conn: Connection, listing: Listing, after: Position | None, limit: int) -> Page:
    """Return at most `limit` assets after the position; perhaps fewer although there are more."""
    scanned = await _scan(conn, listing, after, limit, _FIRST_EXAMINED)
    if len(scanned.found) < limit and scanned.end is not None:
        sets = candidates.of_filter(listing.workspace_id, listing.wanted)
        narrow = await candidates.few(conn, sets, str(MAX_SORTED))
        scanned = (
            await _scan(conn, listing, after, limit, MAX_EXAMINED)
            if narrow is None
            else await _sort(conn, listing, narrow, after, limit)
        )
    found, end = scanned.found[:limit], scanned.end
    if len(scanned.found) > limit or (len(found) == limit and end is not None):
        end = found[-1]
    return Page(await _read(conn, listing.workspace_id, found), end)


async def _read(conn: Connection, workspace_id: UUID, found: list[Position]) -> list[Asset]:
    by_id = {asset.id: asset for asset in await assets.find_by_ids(conn, workspace_id, [each.id for each in found])}
    return [by_id[position.id] for position in found if position.id in by_id]


async def _scan(conn: Connection, listing: Listing, after: Position | None, limit: int, examined: int) -> _Scanned:
    """Return the matches among the next `examined` assets of the order, at most `limit` and one more.

    `OFFSET 0` has each asset looked up by its id, in the order.
    """
    entries, values = listing.entries(after)
    matches, conditions = listing.matches()
    cursor = await conn.execute(
        f"""
        WITH page AS MATERIALIZED (
            SELECT e.id, e.key FROM ({entries} LIMIT %s) e CROSS JOIN LATERAL (
                SELECT FROM asset a JOIN file f ON f.id = a.file_id WHERE a.id = e.id AND {matches} OFFSET 0
            ) m {listing.order_by("e.key", "e.id")} LIMIT %s
        )
        SELECT id, key, FALSE AS is_end FROM page
        UNION ALL
        SELECT e.id, e.key, TRUE FROM ({entries} OFFSET %s LIMIT 1) e WHERE (SELECT count(*) FROM page) < %s
        """,  # noqa: S608 - constants and clauses of ours
        [*values, examined, *conditions, limit + 1, *values, examined - 1, limit + 1],
        prepare=False,  # a plan for all would suit either rare or common values
    )
    rows = await cursor.fetchall()
    found = [_position(row) for row in rows if not row["is_end"]]
    return _Scanned(found, next((_position(row) for row in rows if row["is_end"]), None))


async def _sort(conn: Connection, listing: Listing, narrow: Clause, after: Position | None, limit: int) -> _Scanned:
    """Return the next matches, at most `limit` and one more, among the few assets that can match."""
    query, values = narrow
    matches, conditions = listing.matches()
    beyond, position = listing.beyond(listing.key, "a.id", after)
    cursor = await conn.execute(
        f"""
        SELECT a.id, {listing.key} AS key FROM asset a JOIN file f ON f.id = a.file_id
        WHERE a.id = ANY(ARRAY({query})) AND {matches}{beyond} {listing.order_by(listing.key, "a.id")} LIMIT %s
        """,  # noqa: S608 - constants and clauses of ours
        [*values, *conditions, *position, limit + 1],
        prepare=False,
    )
    return _Scanned([_position(row) for row in await cursor.fetchall()], None)


def _position(row: DictRow) -> Position:
    return Position(row["key"], row["id"])
