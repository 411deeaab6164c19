"""How many assets have which kind, tag, source, endpoint and month.

Where the assets of the filter are few, they are grouped. Else each value is counted by itself, along the index that has
its assets, up to a number that falls with the number of values.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from mediatheque.model import (
    Comparison,
    Count,
    Facet,
    Facets,
    FacetValue,
    Field,
    Filter,
    Kind,
    Operator,
    both,
)
from mediatheque.records.catalog import candidates, counting
from mediatheque.records.catalog.filters import Clause
from mediatheque.records.catalog.ordering import Listing
from mediatheque.records.catalog.pages import MAX_EXAMINED, MAX_SORTED
from mediatheque.records.database import Connection

MAX_VALUES = 100
"""Values of one facet."""
_FIRST_EXAMINED = 1_000  # then it is known whether matches are common
_MANY = (Facet.ENDPOINT, Facet.TAG)  # of which there may be more values than can be counted one by one
_MAX_COUNTED = 50  # values that are counted one by one
_MAX_COUNT = 10_000  # for one value, by its index alone
_EXAMINED = 10_000  # assets that are read for all values of a facet, where there is a filter

# `OFFSET 0` has each asset's tags looked up, where reading all memberships of all workspaces may look cheaper.
_GROUPS = {
    Facet.KIND: "SELECT kind AS value, kind AS label, count(*) AS n FROM found GROUP BY kind",
    Facet.SOURCE: "SELECT source AS value, source AS label, count(*) AS n FROM found GROUP BY source",
    Facet.ENDPOINT: """
        SELECT endpoint AS value, endpoint AS label, count(*) AS n FROM found
        WHERE endpoint IS NOT NULL GROUP BY endpoint
    """,
    Facet.TAG: """
        SELECT t.id::text AS value, t.name AS label, g.n FROM (
            SELECT m.tag_id, count(*) AS n FROM found
            CROSS JOIN LATERAL (SELECT m.tag_id FROM asset_tag m WHERE m.asset_id = found.id OFFSET 0) m GROUP BY 1
        ) g JOIN tag t ON t.id = g.tag_id
    """,
    Facet.MONTH: """
        SELECT to_char(month, 'YYYY-MM') AS value, to_char(month, 'YYYY-MM') AS label, n
        FROM (SELECT date_trunc('month', created_at, 'UTC') AS month, count(*) AS n FROM found GROUP BY 1) x
    """,
}


async def count(conn: Connection, workspace_id: UUID, wanted: Filter, by: Sequence[Facet]) -> Facets:
    """Count the assets of the filter by each of the facets."""
    listing, whole = Listing(workspace_id, wanted), wanted == Filter()
    for examined in (_FIRST_EXAMINED, MAX_EXAMINED):
        [total] = await counting.first_counts(conn, [listing], examined, exact=whole)
        if not total.more:
            return Facets(total, await _group(conn, counting.first(listing, examined), by), is_complete=True)
        sets = candidates.of_filter(workspace_id, wanted) if examined == _FIRST_EXAMINED else []
        if narrow := await candidates.few(conn, sets, str(MAX_SORTED)):
            grouped = await _group(conn, counting.among(listing, narrow), by)
            return Facets(await counting.count_among(conn, listing, narrow), grouped, is_complete=True)
    newest = await _group(conn, counting.first(listing, MAX_EXAMINED), [facet for facet in by if facet in _MANY])
    each = {facet: await _count_each(conn, listing, facet, newest.get(facet, ())) for facet in by}
    return Facets(total, each, is_complete=False)


async def _group(conn: Connection, found: Clause, by: Sequence[Facet]) -> dict[Facet, tuple[FacetValue, ...]]:
    if not by:
        return {}
    query, values = found
    groups = " UNION ALL ".join(
        f"(SELECT '{facet}' AS facet, g.* FROM ({_GROUPS[facet]}) g ORDER BY n DESC, value LIMIT {MAX_VALUES})"  # noqa: S608
        for facet in by
    )
    cursor = await conn.execute(
        f"WITH found AS MATERIALIZED ({query}) {groups}",
        values,
        prepare=False,
    )
    grouped: dict[Facet, list[FacetValue]] = {facet: [] for facet in by}
    for row in await cursor.fetchall():
        grouped[Facet(row["facet"])].append(FacetValue(row["value"], row["label"], row["n"]))
    return {facet: tuple(values) for facet, values in grouped.items()}


async def _count_each(
    conn: Connection, listing: Listing, facet: Facet, newest: Sequence[FacetValue]
) -> tuple[FacetValue, ...]:
    """Count each value by itself: every kind, source and month, and the endpoints and tags that the newest have."""
    values = await _values(conn, listing.workspace_id, facet, newest)
    if not values:
        return ()
    whole = listing.wanted == Filter()
    examined = _MAX_COUNT if whole else _EXAMINED // len(values)
    lists = [msgspec.structs.replace(listing, wanted=_with(listing.wanted, facet, each.value)) for each in values]
    counts = await counting.first_counts(conn, lists, examined, exact=whole)
    counted = [_counted(each, found) for each, found in zip(values, counts, strict=True) if found.count]
    return tuple(sorted(counted, key=lambda each: (-each.count, not each.more, each.value)))


def _counted(value: FacetValue, found: Count) -> FacetValue:
    return msgspec.structs.replace(value, count=found.count, more=found.more)


async def _values(
    conn: Connection, workspace_id: UUID, facet: Facet, newest: Sequence[FacetValue]
) -> Sequence[FacetValue]:
    if facet is Facet.KIND:
        return [FacetValue(kind.value, kind.value, 0) for kind in Kind]
    if facet in _MANY:
        return newest[:_MAX_COUNTED]
    query = _MONTHS if facet is Facet.MONTH else _SOURCES
    cursor = await conn.execute(query, {"workspace": workspace_id, "most": _MAX_COUNTED})
    return [FacetValue(row["value"], row["value"], 0) for row in await cursor.fetchall()]


# One entry of the index for each source: the next one is looked up from the last.
_SOURCES = """
    WITH RECURSIVE v AS (
        (SELECT source FROM asset WHERE workspace_id = %(workspace)s AND trashed_at IS NULL ORDER BY source LIMIT 1)
        UNION ALL
        SELECT (
            SELECT a.source FROM asset a
            WHERE a.workspace_id = %(workspace)s AND a.trashed_at IS NULL AND a.source > v.source
            ORDER BY a.source LIMIT 1
        ) FROM v WHERE v.source IS NOT NULL
    )
    SELECT source AS value FROM v WHERE source IS NOT NULL LIMIT %(most)s
"""
# The latest months from the first asset's to the last one's; those without assets are left out later.
_MONTHS = """
    SELECT to_char(month, 'YYYY-MM') AS value FROM generate_series(
        date_trunc('month', (SELECT max(created_at) FROM asset WHERE workspace_id = %(workspace)s
                             AND trashed_at IS NULL), 'UTC'),
        date_trunc('month', (SELECT min(created_at) FROM asset WHERE workspace_id = %(workspace)s
                             AND trashed_at IS NULL), 'UTC'),
        interval '-1 month', 'UTC'
    ) AS month LIMIT %(most)s
"""


def _with(wanted: Filter, facet: Facet, value: str) -> Filter:
    """Return the filter for the assets with the value."""
    replace = msgspec.structs.replace
    match facet:
        case Facet.TAG if not wanted.tag_ids and wanted.collection_id is None:
            return replace(wanted, tag_ids=(UUID(value),))
        case Facet.TAG:
            added = Comparison(Field.TAG, Operator.EQ, (UUID(value),))
            return replace(wanted, condition=both(wanted.condition, added))
        case Facet.MONTH:
            begin, end = _month(value)
            for operator, moment in ((Operator.GTE, begin), (Operator.LT, end)):
                added = Comparison(Field.CREATED_AT, operator, (moment,))
                wanted = replace(wanted, condition=both(wanted.condition, added))
            return wanted
        case _:
            field = {Facet.KIND: Field.TYPE, Facet.SOURCE: Field.SOURCE, Facet.ENDPOINT: Field.ENDPOINT}[facet]
            return replace(wanted, condition=both(wanted.condition, Comparison(field, Operator.EQ, (value,))))


def _month(value: str) -> tuple[datetime, datetime]:
    begin = datetime.fromisoformat(f"{value}-01T00:00:00+00:00")
    year, month = divmod(begin.year * 12 + begin.month, 12)
    return begin, begin.replace(year=year, month=month + 1)
