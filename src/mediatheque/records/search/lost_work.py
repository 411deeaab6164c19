"""Assets that nobody will embed: without vectors of the active model, and without a task that makes them."""

from uuid import UUID

import msgspec

from mediatheque.records.catalog.files import LIVE
from mediatheque.records.database import Connection, fetch_one


class Page(msgspec.Struct, frozen=True):
    """Assets in descending order of their ids: those that are lost, and the last one that was looked at."""

    lost: tuple[UUID, ...]
    last: UUID | None


async def page(conn: Connection, before: UUID | None, limit: int, *, queue: str, lock: str) -> Page:
    """Look at the next `limit` assets below `before`, from the newest on.

    An asset that is done has a row of its content, which may be a failure, and one of its caption, if that has words.
    `lock` is the lock of the asset's task in `queue`, with `{id}` for the id. A failed task counts: it waits for the
    operator. `OFFSET 0` makes the planner look each asset up instead of reading all vectors.
    """
    cursor = await conn.execute(
        f"""
        WITH page AS (
            SELECT id, file_id, caption, replace(%(lock)s, '{{id}}', id::text) AS lock FROM asset
            WHERE %(before)s::uuid IS NULL OR id < %(before)s ORDER BY id DESC LIMIT %(limit)s
        ), model AS (SELECT id FROM embedding_model WHERE active)
        SELECT (SELECT id FROM page ORDER BY id LIMIT 1) AS last, ARRAY(
            SELECT p.id FROM page p
            WHERE (NOT EXISTS ({_part("content")}) OR p.caption ~ '[[:alnum:]]' AND NOT EXISTS ({_part("caption")}))
            AND EXISTS (SELECT FROM file f WHERE f.id = p.file_id AND {LIVE})
            AND NOT EXISTS (
                SELECT FROM procrastinate_jobs j WHERE j.lock = p.lock AND j.status IN ('todo', 'doing') OFFSET 0
            )
            AND p.lock NOT IN (
                SELECT lock FROM procrastinate_jobs
                WHERE queue_name = %(queue)s AND status = 'failed' AND lock IS NOT NULL
            )
        ) AS lost
        """,  # noqa: S608 - constants
        {"before": before, "limit": limit, "queue": queue, "lock": lock},
    )
    row = await fetch_one(cursor)
    return Page(tuple(row["lost"]), row["last"])


def _part(part: str) -> str:
    model = "e.model_id = (SELECT id FROM model)"
    return f"SELECT FROM embedding e WHERE e.asset_id = p.id AND {model} AND e.part = '{part}' OFFSET 0"
