"""Searches in more than can be looked at one by one: what the index reaches, and what is said of the rest."""

from uuid import UUID, uuid4

import pytest

from mediatheque.model import EmbeddingModel, Filter, Kind
from mediatheque.records.catalog import listing
from mediatheque.records.database import Connection
from mediatheque.records.search import hybrid, scopes, vectors
from tests.records import seed
from tests.records.seed import MINE, THEIRS, UNKNOWN

NORTH = "[1,0,0]"


@pytest.mark.parametrize("table", ["tag", "collection"])
async def test_foreign_scope_looks_empty(opened: tuple[Connection, EmbeddingModel], table: str) -> None:
    """A scope of theirs is as one that nobody has, however many assets are in it."""
    conn, model = opened
    theirs = uuid4()
    members = {"tag": "asset_tag", "collection": "collection_asset"}[table]
    await conn.execute(f"INSERT INTO {table} (id, workspace_id, name) VALUES (%s, %s, 'n')", (theirs, THEIRS))
    await seed.insert_many_assets(conn, model, MINE, THEIRS)
    await conn.execute(
        f"INSERT INTO {members} (asset_id, {table}_id, asset_created_at)"
        " SELECT id, %s, created_at FROM asset WHERE workspace_id = %s",
        (theirs, THEIRS),
    )
    answers = []
    for id in (theirs, UNKNOWN):
        wanted = Filter(tag_ids=(id,)) if table == "tag" else Filter(collection_id=id)
        scope = await scopes.estimate_size(conn, model, MINE, wanted)
        answers.append((scope.small, await hybrid.by_example(conn, model, scope, vector=NORTH, depth=50)))
        assert await listing.count(conn, MINE, wanted) == 0
    assert answers[0] == answers[1] == (True, hybrid.Ranked([]))


async def test_large_scope_uses_index(opened: tuple[Connection, EmbeddingModel]) -> None:
    conn, model = opened
    await seed.insert_many_assets(conn, model, MINE)
    whole = await scopes.estimate_size(conn, model, MINE, Filter())
    assert not whole.small
    for depth in (50, 501):
        ranked = await hybrid.by_example(conn, model, whole, vector=NORTH, depth=depth)
        assert (len(set(ranked.ids)), ranked.partial) == (depth, False), "each has two vectors, and comes once"
    rare = await _rare(conn)
    scope = await scopes.estimate_size(conn, model, MINE, Filter(types=("application/pdf",)))
    assert not scope.small, "nothing tells at once how few they are"
    ranked = await hybrid.by_example(conn, model, scope, vector=NORTH, depth=50)
    assert set(ranked.ids) <= rare
    assert ranked.partial, "the index cannot tell that there is no more"


@pytest.mark.parametrize(
    ("wanted", "small"),
    [
        (Filter(kinds=(Kind.DOCUMENT,)), True),
        (Filter(kinds=(Kind.DOCUMENT, Kind.VIDEO)), True),
        (Filter(kinds=(Kind.IMAGE, Kind.VIDEO)), False),
        (Filter(kinds=(Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.MODEL)), False),
        (Filter(sources=("response",)), True),
        (Filter(sources=("upload",)), False),
        (Filter(favorites=True), True),
    ],
    ids=str,
)
async def test_small_scope_is_scanned_exactly(
    opened: tuple[Connection, EmbeddingModel], wanted: Filter, small: bool
) -> None:
    conn, model = opened
    await seed.insert_many_assets(conn, model, MINE)
    rare = await _rare(conn)
    scope = await scopes.estimate_size(conn, model, MINE, wanted)
    ranked = await hybrid.by_example(conn, model, scope, vector=NORTH, depth=50)
    assert (scope.small, ranked.partial) == (small, False)
    assert (set(ranked.ids) == rare) is small


async def test_all_that_is_near_enough(opened: tuple[Connection, EmbeddingModel]) -> None:
    conn, model = opened
    await seed.insert_many_assets(conn, model, MINE)
    await _rare(conn)
    whole = await scopes.estimate_size(conn, model, MINE, Filter())
    few = await scopes.estimate_size(conn, model, MINE, Filter(favorites=True))
    for scope, least, limit, expected in (
        (whole, 0.5, 1000, (1000, True)),
        (whole, 0.9999, 5000, (None, False)),
        (few, 0.5, 1000, (3, False)),
        (few, 0.5, 3, (3, True)),
        (few, 0.5, 2, (2, True)),
        (few, 1.1, 1000, (0, False)),
    ):
        ids, more = await vectors.within(conn, model, scope, NORTH, min_similarity=least, limit=limit)
        assert more is expected[1]
        assert expected[0] in (None, len(ids))


async def _rare(conn: Connection) -> set[UUID]:
    """Three of the assets become documents that a model has made, and that somebody likes."""
    cursor = await conn.execute(
        "UPDATE asset SET kind = 'document', source = 'response', is_favorite = true"
        " WHERE id IN (SELECT id FROM asset LIMIT 3) RETURNING id"
    )
    ids = {row["id"] for row in await cursor.fetchall()}
    await conn.execute("UPDATE blob SET mime = 'application/pdf', kind = 'document' WHERE id = ANY(%s)", (list(ids),))
    return ids
