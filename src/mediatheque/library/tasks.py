"""Work for later: tasks by name, put into the durable queue in the transaction of the work that they belong to.

A task is done at least once, by whichever worker is free, perhaps by two at the same time if one of them was taken for
dead: what it does must bear that. The room `worker` knows which verb each name stands for.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from mediatheque.records import jobs
from mediatheque.records.database import Connection

TASKS: Mapping[str, Mapping[str, type]] = {"complete_upload": {"upload_id": UUID}}
"""Every task, and the arguments that it takes."""


async def defer(conn: Connection, task: str, **arguments: Any) -> None:
    """Have the task done once the caller's transaction is committed; in its order, among those with equal arguments.

    `TypeError` if there is no such task, or it takes other arguments.
    """
    takes = TASKS.get(task)
    if takes is None or takes.keys() != arguments.keys():
        raise TypeError(f"there is no task {task}({', '.join(arguments)})")
    written = msgspec.to_builtins(arguments)
    lock = msgspec.json.encode([task, written], order="sorted").decode()
    await jobs.insert(conn, task=task, arguments=written, lock=lock)
