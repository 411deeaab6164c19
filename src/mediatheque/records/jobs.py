"""Rows of the task queue. Its tables and functions are procrastinate's (migration 0004).

Deferring a task needs no more of procrastinate than this module.

A worker's commits do not wait for the disk. A crash of PostgreSQL can lose the last of them, and its log has them in
their order: when the end of a job is kept, so is all that was committed before it, like the vectors that the job made.
A job whose beginning is lost still waits, and one whose end is lost is done again. Commits of servers wait for the
disk, for their own and for all that were made before.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from mediatheque.records.database import Connection, fetch_one

# How often a job was requeued because its worker died: all requeues, less the retries after an error, which also add a
# `scheduled` event. A waiting job is `scheduled` again, for the same moment, when its last worker signs off.
_DEATHS = """(
    SELECT count(*) FILTER (WHERE type = 'deferred_for_retry') - count(DISTINCT at) FILTER (WHERE type = 'scheduled')
    FROM procrastinate_events e WHERE e.job_id = j.id
)"""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A task to be put into the queue of its name, with its columns in procrastinate's names.

    Each task has a queue of its own: procrastinate gives a worker the tasks of the queues that it names and fails those
    it does not know, but a worker of an older version must leave newer tasks alone. Tasks with the same lock run one at
    a time. One with a time is not started before.
    """

    queue_name: str
    task_name: str
    args: Mapping[str, Any]
    lock: str
    priority: int = 0
    scheduled_at: datetime | None = None


def without_waiting(query: str) -> str:
    """Return the SELECT statement as one whose commit does not wait for the disk, when it is its own transaction."""
    statement = query.strip().rstrip(";")
    return f"SELECT q.* FROM (SELECT set_config('synchronous_commit', 'off', true)) s, LATERAL ({statement}) q"  # noqa: S608 - of procrastinate


async def insert(conn: Connection, *jobs: Job) -> None:
    """Put tasks into their queues, in the caller's transaction."""
    await conn.execute(
        """
        SELECT procrastinate_defer_jobs_v1(ARRAY(
            SELECT j FROM jsonb_populate_recordset(NULL::procrastinate_job_to_defer_v1, %s::jsonb) j
        ))
        """,
        (msgspec.json.encode(jobs).decode(),),
    )


async def exist(conn: Connection, queue: str) -> bool:
    """Return whether the queue has a job that waits, runs or failed."""
    cursor = await conn.execute(
        """
        SELECT FROM procrastinate_jobs WHERE queue_name = %s AND status IN ('todo', 'doing', 'failed') LIMIT 1
        """,
        (queue,),
    )
    return await cursor.fetchone() is not None


async def delete(conn: Connection, locks: Sequence[str]) -> None:
    """Delete the waiting and the failed jobs that have one of the locks. Running ones end by themselves."""
    await conn.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo' AND lock = ANY(%s)", (list(locks),))
    await conn.execute(
        """
        WITH failed AS (
            DELETE FROM procrastinate_jobs WHERE status = 'failed' AND lock = ANY(%s)
                AND id IN (SELECT job_id FROM failed_task) RETURNING id
        )
        DELETE FROM failed_task f USING failed WHERE f.job_id = failed.id
        """,
        (list(locks),),
    )


async def bring_forward(conn: Connection, lock: str, at: datetime) -> bool:
    """Let the waiting job with this lock start at that time, unless it starts earlier. Return False when none waits.

    A second job would not help: it would wait for the first, whenever that is.
    """
    cursor = await conn.execute(
        """
        UPDATE procrastinate_jobs SET scheduled_at = CASE WHEN scheduled_at > %(at)s THEN %(at)s ELSE scheduled_at END
        WHERE lock = %(lock)s AND status = 'todo'
        """,
        {"lock": lock, "at": at},
    )
    return cursor.rowcount > 0


async def dead_letter(conn: Connection, job_id: int, task: str, arguments: Mapping[str, Any], reason: str) -> None:
    """Record why a job failed for good."""
    await conn.execute(
        """
        INSERT INTO failed_task (job_id, task, arguments, reason) VALUES (%s, %s, %s, %s)
        ON CONFLICT (job_id) DO UPDATE SET reason = excluded.reason, failed_at = now()
        """,
        (job_id, task, Jsonb(arguments), reason),
    )


async def delete_reasons(conn: Connection) -> None:
    """Delete the reasons of jobs that were retried or deleted since."""
    await conn.execute(
        """
        DELETE FROM failed_task p WHERE NOT EXISTS (
            SELECT FROM procrastinate_jobs j WHERE j.id = p.job_id AND j.status IN ('doing', 'failed')
        )
        """
    )


async def list_failed(conn: Connection, after: int, limit: int) -> list[dict[str, Any]]:
    """Return the next failed jobs by id: `id`, `task`, `attempts`, `arguments`, `reason` and `failed_at`."""
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
    """Requeue the failed job, or every failed job, with its attempts reset. Return how many."""
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
    """Return (queue, status, number of jobs) for the statuses todo, doing and failed. Empty ones are left out."""
    cursor = await conn.execute(
        """
        SELECT queue_name, status::text, count(*) AS depth FROM procrastinate_jobs
        WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2 ORDER BY 1, 2
        """
    )
    return [(row["queue_name"], row["status"], row["depth"]) for row in await cursor.fetchall()]


async def requeue_stalled(conn: Connection, silence: timedelta, deaths: int) -> int:
    """Requeue jobs whose worker is gone or has sent no heartbeat for `silence`. Return how many.

    A job whose workers died `deaths` times is failed instead: it may be what kills them. Each requeue adds an event
    `deferred_for_retry`, which is what is counted; a retry after an error adds a `scheduled` event as well.

    This is one statement, so that a concurrent call cannot requeue a job that was started again meanwhile.
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
