"""Assets in lists: pages of them, and how many there are."""

from uuid import UUID

from mediatheque.model import Asset, Filter, Position
from mediatheque.records import assets, files
from mediatheque.records.database import Connection
from mediatheque.records.patterns import containing


async def page(conn: Connection, workspace_id: UUID, wanted: Filter, after: Position | None, limit: int) -> list[Asset]:
    """The next assets, newest first, strictly after the position. An index serves every filter."""
    where, parameters = _where(workspace_id, wanted)
    if after is not None:
        where += " AND (a.created_at, a.id) < (%s, %s)"
        parameters += [after.created_at, after.id]
    cursor = await conn.execute(
        f"{assets.SELECT} WHERE {where} AND {files.LIVE} ORDER BY a.created_at DESC, a.id DESC LIMIT %s",
        [*parameters, limit],
    )
    return [assets.from_row(row) for row in await cursor.fetchall()]


async def count(conn: Connection, workspace_id: UUID, wanted: Filter) -> int:
    """How many assets the filter lets through: all but those whose file has expired and is yet to be swept."""
    where, parameters = _where(workspace_id, wanted)
    all_of_them = assets.JOINED if wanted.types else "FROM asset a"
    cursor = await conn.execute(
        f"""
        SELECT (SELECT count(*) {all_of_them} WHERE {where})
            - (SELECT count(*) {assets.JOINED} WHERE {where} AND {files.EXPIRED}) AS total
        """,
        [*parameters, *parameters],
    )
    row = await cursor.fetchone()
    return int(row["total"]) if row else 0


def _where(workspace_id: UUID, wanted: Filter) -> tuple[str, list[object]]:
    where = "a.workspace_id = %s"
    parameters: list[object] = [workspace_id]
    if wanted.kind is not None:
        where += " AND a.kind = %s"
        parameters.append(wanted.kind)
    if wanted.types:
        where += " AND b.mime = ANY(%s)"
        parameters.append(list(wanted.types))
    if wanted.folder_id is not None:
        where += " AND a.folder_id = %s"
        parameters.append(wanted.folder_id)
    elif wanted.unfiled:
        where += " AND a.folder_id IS NULL"
    for word in wanted.words:
        where += " AND a.words LIKE fold(%s)"
        parameters.append(containing(word))
    return where, parameters
