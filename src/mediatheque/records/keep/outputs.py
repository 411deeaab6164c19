"""Rows of the outputs of keeps."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from mediatheque.model.keep import KeepOutput, OutputState
from mediatheque.records.database import Connection, fetch_one

_COLUMNS = ", ".join(KeepOutput.__struct_fields__)


def _from_row(row: Mapping[str, Any]) -> KeepOutput:
    return KeepOutput(**{**row, "state": OutputState(row["state"])})


async def upsert(conn: Connection, keep_id: UUID, outputs: Sequence[KeepOutput]) -> None:
    """Insert the outputs in this order. One that is there already and not kept gets the new URL, and is pending.

    A URL that is the same as before does not count as a new one.
    """
    if not outputs:
        return
    await conn.execute(
        """
        INSERT INTO keep_output AS o (keep_id, path, position, url, name, is_media, asset_id)
        SELECT %s, path, number - 1, url, name, is_media, asset_id
        FROM unnest(%s::text[], %s::text[], %s::text[], %s::boolean[], %s::uuid[])
            WITH ORDINALITY AS i (path, url, name, is_media, asset_id, number)
        ON CONFLICT (keep_id, path) DO UPDATE
        SET url = excluded.url, state = 'pending', gone = 0, is_media = o.is_media OR excluded.is_media
        WHERE o.state IN ('pending', 'failed') AND o.url <> excluded.url
        """,
        (
            keep_id,
            [each.path for each in outputs],
            [each.url for each in outputs],
            [each.name for each in outputs],
            [each.is_media for each in outputs],
            [each.asset_id for each in outputs],
        ),
    )


async def refresh(conn: Connection, keep_id: UUID, urls: Mapping[str, str]) -> None:
    """Give outputs that are not kept the URL of their path, where it is another one than before."""
    await conn.execute(
        """
        UPDATE keep_output o SET url = i.url, state = 'pending', gone = 0
        FROM unnest(%s::text[], %s::text[]) AS i (path, url)
        WHERE o.keep_id = %s AND o.path = i.path AND o.url <> i.url AND o.state IN ('pending', 'failed')
        """,
        (list(urls), list(urls.values()), keep_id),
    )


async def list_all(conn: Connection, keep_ids: Sequence[UUID]) -> dict[UUID, tuple[KeepOutput, ...]]:
    """Return the outputs of these keeps in the order of their results, by keep."""
    cursor = await conn.execute(
        f"SELECT keep_id, {_COLUMNS} FROM keep_output WHERE keep_id = ANY(%s) ORDER BY keep_id, position, path",  # noqa: S608 - constants
        (list(keep_ids),),
    )
    found: dict[UUID, tuple[KeepOutput, ...]] = dict.fromkeys(keep_ids, ())
    for row in await cursor.fetchall():
        found[row.pop("keep_id")] += (_from_row(row),)
    return found


async def update(conn: Connection, keep_id: UUID, output: KeepOutput) -> None:
    """Write every column that changes, but for an output that is kept by now. A kept data URI is cleared."""
    await conn.execute(
        """
        UPDATE keep_output SET asset_id = %s, state = %s, reason = %s, attempts = %s, gone = %s,
            url = CASE WHEN %s = 'kept' AND url LIKE 'data:%%' THEN '' ELSE url END
        WHERE keep_id = %s AND path = %s AND state <> 'kept'
        """,
        (
            output.asset_id,
            output.state,
            output.reason,
            output.attempts,
            output.gone,
            output.state,
            keep_id,
            output.path,
        ),
    )


async def has_others(conn: Connection, keep_id: UUID, paths: Sequence[str]) -> bool:
    """Whether one of the paths is that of no output of the keep."""
    cursor = await conn.execute(
        """
        SELECT EXISTS (
            SELECT FROM unnest(%s::text[]) AS i (path)
            WHERE NOT EXISTS (SELECT FROM keep_output o WHERE o.keep_id = %s AND o.path = i.path)
        ) AS found
        """,
        (list(paths), keep_id),
    )
    return bool((await fetch_one(cursor))["found"])


async def retry_failed(conn: Connection, keep_id: UUID) -> None:
    """Make the failed outputs pending again."""
    await conn.execute(
        "UPDATE keep_output SET state = 'pending', gone = 0 WHERE keep_id = %s AND state = 'failed'", (keep_id,)
    )


async def asset_exists(conn: Connection, workspace_id: UUID, asset_id: UUID) -> bool:
    """Whether the asset exists, in the trash or outside."""
    cursor = await conn.execute("SELECT FROM asset WHERE workspace_id = %s AND id = %s", (workspace_id, asset_id))
    return await cursor.fetchone() is not None
