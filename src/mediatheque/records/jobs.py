"""Rows of the queue. Its tables and functions are procrastinate's (migration 0004); whoever only puts a task in
needs no more of procrastinate than this.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from psycopg.types.json import Jsonb

from mediatheque.records.database import Connection, fetch_one

# How often a job was put back. One that waits is `scheduled` anew, for the same moment, when its last worker signs off.
_DEATHS = """(
    SELECT count(*) FILTER (WHERE type = 'deferred_for_retry') - count(DISTINCT at) FILTER (WHERE type = 'scheduled')
    FROM procrastinate_events e WHERE e.job_id = j.id
)"""


async def insert(conn: Connection, *, task: str, arguments: Mapping[str, Any], lock: str, priority: int = 0) -> None:
    """Put a task into the queue of its name, in the caller's transaction. Of those with one lock, one runs at a time.

    A queue each: procrastinate gives a worker what is in the queues that it names, and fails what it does not know,
    which a worker of an older version must leave alone.
    """
    await conn.execute(
        """
        SELECT procrastinate_defer_jobs_v1(
            ARRAY[ROW(%s, %s, %s, %s, NULL, %s, NULL)]::procrastinate_job_to_defer_v1[]
        )
        """,
        (task, task, priority, lock, Jsonb(arguments)),
    )


async def dead_letter(conn: Connection, job_id: int, task: str, arguments: Mapping[str, Any], reason: str) -> None:
    """Note why a job is given up."""
    await conn.execute(
        """
        INSERT INTO failed_task (job_id, task, arguments, reason) VALUES (%s, %s, %s, %s)
        ON CONFLICT (job_id) DO UPDATE SET reason = excluded.reason, failed_at = now()
        """,
        (job_id, task, Jsonb(arguments), reason),
    )


async def forget_reasons(conn: Connection) -> None:
    """Forget why a job was given up that is to be done again, or is no more."""
    await conn.execute(
        """
        DELETE FROM failed_task p WHERE NOT EXISTS (
            SELECT FROM procrastinate_jobs j WHERE j.id = p.job_id AND j.status IN ('doing', 'failed')
        )
        """
    )


async def list_failed(conn: Connection, after: int, limit: int) -> list[dict[str, Any]]:
    """The next jobs, by id, that were given up: `id`, `task`, `attempts`, `arguments`, `reason` and `failed_at`."""
    cursor = await conn.execute(
        """
        SELECT j.id, j.task_name AS task, j.attempts, j.args AS arguments, p.reason, p.failed_at
        FROM procrastinate_jobs j LEFT JOIN failed_task p ON p.job_id = j.id
        WHERE j.status = 'failed' AND j.id > %s ORDER BY j.id LIMIT %s
        """,
        (after, limit),
    )
    return await cursor.fetchall()


async def retry(conn: Connection, job_id: int | None) -> int:
    """Put the job back that was given up, or every such job; how many. It has all its tries again."""
    cursor = await conn.execute(
        """
        WITH again AS (
            UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL
            WHERE status = 'failed' AND (id = %(id)s OR %(id)s::bigint IS NULL) RETURNING id
        ), forgotten AS (DELETE FROM failed_task p USING again a WHERE p.job_id = a.id)
        SELECT count(*) AS jobs FROM again
        """,
        {"id": job_id},
    )
    return int((await fetch_one(cursor))["jobs"])


async def depths(conn: Connection) -> list[tuple[str, str, int]]:
    """How many jobs of each queue wait (todo), are being done (doing) or were given up (failed)."""
    cursor = await conn.execute(
        """
        SELECT queue_name, status::text, count(*) AS depth FROM procrastinate_jobs
        WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2 ORDER BY 1, 2
        """
    )
    return [(row["queue_name"], row["status"], row["depth"]) for row in await cursor.fetchall()]


async def requeue_stalled(conn: Connection, silence: timedelta, deaths: int) -> int:
    """Put tasks back whose worker has gone, or has been silent for so long; how many.

    One that this has happened to so many times is given up: it may be what ends them. What put a task back leaves its
    trace: whoever is to wait is `scheduled`, too.

    One statement, so that two who do this at once cannot put back what one of them has started anew.
    """
    cursor = await conn.execute(
        f"""
        WITH back AS (
            UPDATE procrastinate_jobs j SET attempts = attempts + 1, scheduled_at = NULL,
                status = CASE WHEN {_DEATHS} + 1 < %(deaths)s THEN 'todo' ELSE 'failed' END::procrastinate_job_status
            WHERE status = 'doing' AND NOT abort_requested AND NOT EXISTS (
                SELECT FROM procrastinate_workers w WHERE w.id = j.worker_id AND w.last_heartbeat >= now() - %(silence)s
            )
            RETURNING id, task_name, args, status
        ), parked AS (
            INSERT INTO failed_task (job_id, task, arguments, reason)
            SELECT id, task_name, args, %(reason)s FROM back WHERE status = 'failed'
            ON CONFLICT (job_id) DO UPDATE SET reason = excluded.reason, failed_at = now()
        )
        SELECT count(*) AS jobs FROM back
        """,  # noqa: S608 - a constant
        {"silence": silence, "deaths": deaths, "reason": f"{deaths} workers ended while they were doing it."},
    )
    return int((await fetch_one(cursor))["jobs"])
