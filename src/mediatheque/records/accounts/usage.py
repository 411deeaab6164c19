"""What workspaces store, as the triggers of migration 0018 count it.

The changes that no worker has added to the totals yet are part of every answer: it is exact at any moment.
"""

from datetime import date, timedelta
from uuid import UUID

from mediatheque.model import Kind, Stored, Usage, UsageDay
from mediatheque.records.database import Connection, fetch_one

_COUNTED = """
    SELECT workspace_id, kind, bytes, assets FROM usage_total
    UNION ALL SELECT workspace_id, kind, bytes, assets FROM usage_change
"""
_MISCOUNTED = f"""
    SELECT workspace_id, kind, sum(bytes)::bigint AS bytes, sum(assets)::bigint AS assets FROM (
        SELECT workspace_id, kind, size AS bytes, 0 AS assets FROM blob WHERE unreferenced_since IS NULL
        UNION ALL SELECT workspace_id, kind, 0, 1 FROM asset
        UNION ALL SELECT workspace_id, kind, -bytes, -assets FROM ({_COUNTED}) counted
    ) difference
    JOIN workspace w ON w.id = workspace_id
    GROUP BY 1, 2 HAVING sum(bytes) <> 0 OR sum(assets) <> 0
"""  # noqa: S608 - constants


async def stored(conn: Connection, workspace_id: UUID) -> Stored:
    """Return what the workspace stores."""
    cursor = await conn.execute("SELECT bytes, assets FROM sum_usage(%s)", (workspace_id,))
    return Stored(**await fetch_one(cursor))


async def current(conn: Connection, workspace_id: UUID) -> Usage:
    """Return what the workspace stores, in all and by kind."""
    cursor = await conn.execute(
        f"""
        SELECT kind, sum(bytes)::bigint AS bytes, sum(assets)::bigint AS assets
        FROM ({_COUNTED}) counted WHERE workspace_id = %s GROUP BY kind ORDER BY kind
        """,  # noqa: S608 - constants
        (workspace_id,),
    )
    by_kind = {Kind(row["kind"]): Stored(bytes=row["bytes"], assets=row["assets"]) for row in await cursor.fetchall()}
    return Usage(
        total=Stored(
            bytes=sum(kind.bytes for kind in by_kind.values()), assets=sum(kind.assets for kind in by_kind.values())
        ),
        by_kind={kind: amount for kind, amount in by_kind.items() if amount != Stored()},
    )


async def days(conn: Connection, workspace_id: UUID, first: date, last: date) -> list[UsageDay]:
    """Return the days of that range, oldest first, but for those in the future and those of which nothing is known.

    What was stored at the end of a day is what is stored now, less all that changed since.
    """
    cursor = await conn.execute(
        f"""
        WITH change AS MATERIALIZED (
            SELECT day, bytes_added, bytes_removed, assets_added, assets_removed
            FROM usage_day WHERE workspace_id = %(workspace)s
            UNION ALL
            SELECT (changed_at AT TIME ZONE 'UTC')::date, greatest(bytes, 0), greatest(-bytes, 0),
                greatest(assets, 0), greatest(-assets, 0)
            FROM usage_change WHERE workspace_id = %(workspace)s
        ), changed AS (
            SELECT day, sum(bytes_added) AS bytes_added, sum(bytes_removed) AS bytes_removed,
                sum(assets_added) AS assets_added, sum(assets_removed) AS assets_removed
            FROM change GROUP BY day
        ), known AS (
            SELECT min(day) AS first, (now() AT TIME ZONE 'UTC')::date AS last FROM change
        ), counted AS (
            SELECT sum(bytes) AS bytes, sum(assets) AS assets FROM ({_COUNTED}) c WHERE workspace_id = %(workspace)s
        ), daily AS (
            SELECT s.day::date AS day,
                coalesce(bytes_added, 0) AS bytes_added, coalesce(bytes_removed, 0) AS bytes_removed,
                coalesce(assets_added, 0) AS assets_added, coalesce(assets_removed, 0) AS assets_removed
            FROM known k, generate_series(greatest(%(first)s::date, k.first), k.last, '1 day') s (day)
            LEFT JOIN changed c ON c.day = s.day::date WHERE k.first IS NOT NULL
        )
        SELECT d.day, bytes_added::bigint, bytes_removed::bigint, assets_added::bigint, assets_removed::bigint,
            (n.bytes - coalesce(sum(bytes_added - bytes_removed) OVER later, 0))::bigint AS bytes,
            (n.assets - coalesce(sum(assets_added - assets_removed) OVER later, 0))::bigint AS assets
        FROM daily d, counted n
        WINDOW later AS (ORDER BY d.day DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        ORDER BY d.day
        """,  # noqa: S608 - constants
        {"workspace": workspace_id, "first": first},
    )
    return [
        UsageDay(
            day=row["day"],
            stored=Stored(bytes=row["bytes"], assets=row["assets"]),
            added=Stored(bytes=row["bytes_added"], assets=row["assets_added"]),
            removed=Stored(bytes=row["bytes_removed"], assets=row["assets_removed"]),
        )
        for row in await cursor.fetchall()
        if row["day"] <= last
    ]


async def fold(conn: Connection, limit: int) -> int:
    """Move at most `limit` changes to the totals and days, in one statement; return how many."""
    cursor = await conn.execute(
        "SELECT fold_usage(ARRAY(SELECT ctid FROM usage_change LIMIT %s FOR UPDATE SKIP LOCKED)) AS folded", (limit,)
    )
    return int((await fetch_one(cursor))["folded"])


async def delete_old_days(conn: Connection, age: timedelta, limit: int) -> int:
    """Delete at most `limit` days that ended longer than `age` ago, and return how many."""
    cursor = await conn.execute(
        """
        DELETE FROM usage_day WHERE (workspace_id, day) IN (
            SELECT workspace_id, day FROM usage_day WHERE day < (now() AT TIME ZONE 'UTC' - %s)::date
            ORDER BY day LIMIT %s FOR UPDATE SKIP LOCKED
        )
        """,
        (age, limit),
    )
    return cursor.rowcount


async def list_miscounted(conn: Connection) -> list[tuple[UUID, str, Stored]]:
    """Return by workspace and kind what is stored more than is counted, or less, as of one moment."""
    cursor = await conn.execute(_MISCOUNTED + " ORDER BY 1, 2")
    return [
        (row["workspace_id"], row["kind"], Stored(bytes=row["bytes"], assets=row["assets"]))
        for row in await cursor.fetchall()
    ]


async def recount(conn: Connection, workspace_id: UUID) -> int:
    """Add to the workspace's counters what they lack, as of one moment; return how many of them were wrong."""
    cursor = await conn.execute(
        f"""
        INSERT INTO usage_change (workspace_id, kind, bytes, assets)
        SELECT workspace_id, kind, bytes, assets FROM ({_MISCOUNTED}) wrong WHERE workspace_id = %s
        """,  # noqa: S608 - constants
        (workspace_id,),
    )
    return cursor.rowcount
