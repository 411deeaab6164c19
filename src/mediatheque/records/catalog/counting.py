"""Counts of assets with any filter, at a cost that does not grow with the library."""

from collections.abc import Sequence

from mediatheque.model import Count, Filter
from mediatheque.records.catalog import candidates
from mediatheque.records.catalog.filters import Clause
from mediatheque.records.catalog.ordering import Listing
from mediatheque.records.catalog.pages import MAX_EXAMINED, MAX_SORTED
from mediatheque.records.database import Connection, fetch_one


async def count(conn: Connection, listing: Listing) -> Count:
    """Count the matches: all where they are among few or `MAX_EXAMINED` assets, else those among so many."""
    [found] = await first_counts(conn, [listing], MAX_EXAMINED, exact=listing.wanted == Filter())
    if not found.more:
        return found
    sets = candidates.of_filter(listing.workspace_id, listing.wanted)
    narrow = await candidates.few(conn, sets, str(MAX_SORTED))
    if narrow is None:
        return found
    return await count_among(conn, listing, narrow)


async def count_among(conn: Connection, listing: Listing, narrow: Clause) -> Count:
    """Count the matches in a set of few assets."""
    query, values = among(listing, narrow)
    cursor = await conn.execute(f"SELECT count(*) AS found FROM ({query}) x", values, prepare=False)  # noqa: S608 - ours
    return Count((await fetch_one(cursor))["found"])


async def first_counts(
    conn: Connection, listings: Sequence[Listing], examined: int, *, exact: bool = False
) -> list[Count]:
    """Count the matches of each list among the first `examined` assets that can match.

    With `exact`, all that can match do, by what the index has: it alone is read, and what has expired and is not
    collected yet is counted.
    """
    parts = [_first_count(listing, examined, exact=exact) for listing in listings]
    cursor = await conn.execute(
        " UNION ALL ".join(
            f"SELECT {number} AS part, c.* FROM ({sql}) c"  # noqa: S608 - constants and clauses of ours
            for number, (sql, _) in enumerate(parts)
        ),
        [value for _, values in parts for value in values],
        prepare=False,
    )
    counts = {row["part"]: Count(row["found"], row["more"]) for row in await cursor.fetchall()}
    return [counts[number] for number in range(len(parts))]


def among(listing: Listing, narrow: Clause) -> Clause:
    """Return a query for the columns of the matches in a set of few assets."""
    query, values = narrow
    matches, conditions = listing.matches()
    sql = f"SELECT a.* FROM asset a JOIN file f ON f.id = a.file_id WHERE a.id = ANY(ARRAY({query})) AND {matches}"  # noqa: S608 - ours
    return sql, [*values, *conditions]


def first(listing: Listing, examined: int) -> Clause:
    """Return a query for the columns of the matches among the first `examined` assets that can match.

    `OFFSET 0` has each asset looked up by its id.
    """
    entries, values = listing.entries()
    matches, conditions = listing.matches()
    sql = f"""
        SELECT m.* FROM ({entries} LIMIT %s) e CROSS JOIN LATERAL (
            SELECT a.* FROM asset a JOIN file f ON f.id = a.file_id WHERE a.id = e.id AND {matches} OFFSET 0
        ) m
    """  # noqa: S608 - constants and clauses of ours
    return sql, [*values, examined, *conditions]


def _first_count(listing: Listing, examined: int, *, exact: bool) -> Clause:
    entries, values = listing.entries()
    found, parameters = (f"{entries} LIMIT %s", [*values, examined]) if exact else first(listing, examined)
    sql = f"""
        SELECT (SELECT count(*) FROM ({found}) x) AS found,
            EXISTS (SELECT FROM ({entries} OFFSET %s LIMIT 1) x) AS more
    """  # noqa: S608 - constants and clauses of ours
    return sql, [*parameters, *values, examined]
