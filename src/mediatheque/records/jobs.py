"""Rows of the queue. Its tables and functions are procrastinate's (migration 0004); whoever only puts a task in
needs no more of procrastinate than this.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from psycopg.types.json import Jsonb

from mediatheque.records.database import Connection


async def insert(conn: Connection, *, task: str, arguments: Mapping[str, Any], lock: str) -> None:
    """Put a task into the queue of its name, in the caller's transaction. Of those with one lock, one runs at a time.

    A queue each: procrastinate gives a worker what is in the queues that it names, and fails what it does not know,
    which a worker of an older version must leave alone.
    """
    await conn.execute(
        """
        SELECT procrastinate_defer_jobs_v1(
            ARRAY[ROW(%s, %s, 0, %s, NULL, %s, NULL)]::procrastinate_job_to_defer_v1[]
        )
        """,
        (task, task, lock, Jsonb(arguments)),
    )


async def park(conn: Connection, job_id: int, task: str, arguments: Mapping[str, Any], reason: str) -> None:
    """Note why a job is given up."""
    await conn.execute(
        """
        INSERT INTO parked_task (job_id, task, arguments, reason) VALUES (%s, %s, %s, %s)
        ON CONFLICT (job_id) DO UPDATE SET reason = excluded.reason, parked_at = now()
        """,
        (job_id, task, Jsonb(arguments), reason),
    )


async def depths(conn: Connection) -> list[tuple[str, str, int]]:
    """How many jobs of each queue wait (todo), are being done (doing) or were given up (failed)."""
    cursor = await conn.execute(
        """
        SELECT queue_name, status::text, count(*) AS depth FROM procrastinate_jobs
        WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2 ORDER BY 1, 2
        """
    )
    return [(row["queue_name"], row["status"], row["depth"]) for row in await cursor.fetchall()]


async def put_back(conn: Connection, silence: timedelta) -> int:
    """Put tasks back whose worker has gone, or has been silent for so long; how many.

    One statement, so that two who do this at once cannot put back what one of them has started anew.
    """
    cursor = await conn.execute(
        """
        UPDATE procrastinate_jobs SET status = 'todo', attempts = attempts + 1, scheduled_at = NULL
        WHERE status = 'doing' AND NOT abort_requested AND NOT EXISTS (
            SELECT FROM procrastinate_workers w
            WHERE w.id = procrastinate_jobs.worker_id AND w.last_heartbeat >= now() - %s
        )
        """,
        (silence,),
    )
    return cursor.rowcount
