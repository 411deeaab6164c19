"""Assets in lists: pages of them, and how many there are."""

from uuid import UUID

from mediatheque.model import Asset, Filter, Position
from mediatheque.records import assets, files
from mediatheque.records.database import Connection
from mediatheque.records.filters import Clause, clause_of


async def page(conn: Connection, workspace_id: UUID, wanted: Filter, after: Position | None, limit: int) -> list[Asset]:
    """The next assets, newest first, strictly after the position. An index serves every filter."""
    where, parameters = _where(workspace_id, wanted)
    member, moment, id, members = _order(wanted)
    if after is not None:
        where += f" AND ({moment}, {id}) < (%s, %s)"
        parameters += [after.created_at, after.id]
    cursor = await conn.execute(
        f"{assets.SELECT} {member} WHERE {where} AND {files.LIVE} ORDER BY {moment} DESC, {id} DESC LIMIT %s",
        [*members, *parameters, limit],
    )
    return [assets.from_row(row) for row in await cursor.fetchall()]


async def count(conn: Connection, workspace_id: UUID, wanted: Filter, *, most: int | None = None) -> int | None:
    """How many assets the filter lets through: all but those whose file has expired and is yet to be swept.

    None for more than `most`, which are not counted to the end.
    """
    where, parameters = _where(workspace_id, wanted)
    all_of_them = assets.JOINED if "b." in where else "FROM asset a"
    bound, more = ("", []) if most is None else ("LIMIT %s", [most + 1])
    cursor = await conn.execute(
        f"""
        SELECT (SELECT count(*) FROM (SELECT {all_of_them} WHERE {where} {bound}) x) AS total,
            (SELECT count(*) {assets.JOINED} WHERE {where} AND {files.EXPIRED}) AS expired
        """,  # noqa: S608 - constants and clauses of ours
        [*parameters, *more, *parameters],
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("a count returns a row")
    return None if most is not None and row["total"] > most else int(row["total"] - row["expired"])


def _where(workspace_id: UUID, wanted: Filter) -> Clause:
    where, parameters = clause_of(wanted)
    return f"a.workspace_id = %s AND {where}", [workspace_id, *parameters]


def _order(wanted: Filter) -> tuple[str, str, str, list[object]]:
    """What to join so that an index has the assets in their order, and the columns of that order.

    The members of a collection or a tag are kept in the order of the assets' own.
    """
    if wanted.collection_id is not None:
        member = "JOIN collection_asset m ON m.asset_id = a.id AND m.collection_id = %s"
        return member, "m.asset_created_at", "m.asset_id", [wanted.collection_id]
    if len(wanted.tag_ids) == 1 or (wanted.tag_ids and wanted.all_tags):
        member = "JOIN asset_tag m ON m.asset_id = a.id AND m.tag_id = %s"
        return member, "m.asset_created_at", "m.asset_id", [wanted.tag_ids[0]]
    return "", "a.created_at", "a.id", []
