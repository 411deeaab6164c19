"""Filters in lists and searches, against the same filters in plain Python."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediatheque.model import (
    And,
    Comparison,
    Condition,
    Cursor,
    EmbeddingModel,
    Field,
    Filter,
    IdIn,
    Kind,
    Operator,
    Or,
    SimilarTo,
)
from mediatheque.records.catalog import listing
from mediatheque.records.catalog.filters import clause_of
from mediatheque.records.database import Connection
from mediatheque.records.search import hybrid, scopes
from mediatheque.records.search.scopes import Estimate
from tests.records import documents, seed
from tests.records.seed import ASSET_LISTS, ASSETS, COLLECTIONS, MIMES, MINE, TAGS, UNKNOWN, SeededAsset
from tests.rounds import examples

EXAMPLES = settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
VALUES: dict[Field, st.SearchStrategy[object]] = {
    Field.MIME_TYPE: st.sampled_from([*MIMES.values(), "x"]),
    Field.SIZE: st.integers(0, 4),
    Field.DURATION: st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    Field.FAVORITE: st.booleans(),
    Field.TAG: st.sampled_from([*TAGS, UNKNOWN]),
    Field.COLLECTION: st.sampled_from([*COLLECTIONS, UNKNOWN]),
    Field.ENDPOINT: st.sampled_from(["fal-ai/flux", "fal-ai/kling", "%", "'"]),
    Field.STATUS: st.sampled_from(["completed", "failed"]),
    Field.TYPE: st.sampled_from(["image", "video", "audio"]),
    Field.SOURCE: st.sampled_from(["upload", "response", "x"]),
    Field.CREATED_AT: st.integers(-1, 4).map(seed.moment),
}


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    field = draw(st.sampled_from(list(VALUES)))
    ordered = field in (Field.CREATED_AT, Field.SIZE, Field.DURATION)
    every = list(Operator) if ordered else [Operator.EQ, Operator.NEQ, Operator.IN]
    operator = draw(st.sampled_from(every))
    most = 3 if operator is Operator.IN else 1
    values = draw(st.lists(VALUES[field], min_size=1, max_size=most))
    return Comparison(field, operator, tuple(values))  # type: ignore[arg-type] # texts and moments


def conditions(known: list[UUID]) -> st.SearchStrategy[Condition]:
    ids = st.lists(st.sampled_from([*known, UNKNOWN]), max_size=4).map(lambda ids: IdIn(tuple(ids)))
    parts = lambda below: st.lists(below, max_size=3).map(tuple)  # noqa: E731 - short
    return st.recursive(
        comparisons() | documents.conditions() | ids,
        lambda below: st.builds(And, parts(below)) | st.builds(Or, parts(below)),
        max_leaves=5,
    )


def some(ids: list[UUID]) -> st.SearchStrategy[tuple[UUID, ...]]:
    return st.lists(st.sampled_from([*ids, UNKNOWN]), max_size=2, unique=True).map(tuple)


def filters(known: list[UUID]) -> st.SearchStrategy[Filter]:
    """Filters of mostly few parts, so that some assets match."""
    return st.builds(
        Filter,
        **{
            name: st.just(getattr(Filter(), name)) | values
            for name, values in {
                "kinds": st.lists(st.sampled_from(list(Kind)), max_size=3, unique=True).map(tuple),
                "types": st.lists(st.sampled_from(list(MIMES.values())), max_size=2, unique=True).map(tuple),
                "sources": st.lists(st.sampled_from(["upload", "response", "x"]), max_size=2).map(tuple),
                "favorites": st.booleans(),
                "tag_ids": some(TAGS),
                "all_tags": st.booleans(),
                "collection_id": st.sampled_from([*COLLECTIONS, UNKNOWN]),
                "character_ids": some(COLLECTIONS),
                "condition": conditions(known),
            }.items()
        },
    )


def newest_first(things: list[SeededAsset]) -> list[UUID]:
    return [thing.id for thing in sorted(things, key=lambda thing: (thing.at, thing.id), reverse=True)]


async def pages(conn: Connection, wanted: Filter, limit: int) -> list[UUID]:
    ids: list[UUID] = []
    after: Cursor | None = None
    while page := await listing.page(conn, MINE, wanted, after, limit):
        ids += [asset.id for asset in page]
        after = Cursor(page[-1].created_at, page[-1].id)
    return ids


@pytest.mark.sampled
@EXAMPLES
@given(things=ASSET_LISTS, limit=st.integers(1, 13), data=st.data())
async def test_lists_and_counts_match_model(
    opened: tuple[Connection, EmbeddingModel], things: list[SeededAsset], limit: int, data: st.DataObject
) -> None:
    conn, model = opened
    await seed.delete_assets(conn)
    await seed.insert_assets(conn, things, model)
    for _ in range(8):
        wanted = data.draw(filters([thing.id for thing in things]))
        let = [thing for thing in things if thing.mine and not thing.hidden and seed.matches(thing, wanted)]
        assert await pages(conn, wanted, limit) == newest_first(let)
        assert await listing.count(conn, MINE, wanted) == len(let)
        if len(things) <= 5:
            assert await listing.count(conn, MINE, wanted, max_count=5) == len(let)


@pytest.mark.sampled
@EXAMPLES
@given(things=ASSET_LISTS, data=st.data())
async def test_searches_match_model(
    opened: tuple[Connection, EmbeddingModel], things: list[SeededAsset], data: st.DataObject
) -> None:
    """The exact scan and the vector index find the same assets, expired ones included and trashed ones not."""
    conn, model = opened
    await seed.delete_assets(conn)
    await seed.insert_assets(conn, things, model)
    wanted = data.draw(filters([thing.id for thing in things]))
    let = [thing for thing in things if thing.mine and not thing.trashed and seed.matches(thing, wanted)]
    nearest = [thing.id for thing in sorted(let, key=lambda thing: (thing.near, thing.id))]
    measured = await scopes.estimate_size(conn, model, MINE, wanted)
    assert measured.small
    for scope in (measured, Estimate(MINE, wanted, small=False)):
        ranked = await hybrid.by_example(conn, model, scope, vector="[1,0,0]", depth=20)
        assert ranked.ids == nearest
        assert ranked.partial is not scope.small, "the index cannot say that there is no more"
    found = await hybrid.hits(conn, model, MINE, [thing.id for thing in things], "[1,0,0]")
    assert set(found) == {thing.id for thing in things if thing.mine and not thing.hidden}


@pytest.mark.sampled
@EXAMPLES
@given(things=ASSET_LISTS, limit=st.integers(1, 4), data=st.data())
async def test_inserts_and_deletes_between_pages(
    opened: tuple[Connection, EmbeddingModel], things: list[SeededAsset], limit: int, data: st.DataObject
) -> None:
    conn, model = opened
    await seed.delete_assets(conn)
    await seed.insert_assets(conn, things, model)
    wanted = data.draw(filters([]))
    known, gone, seen = {thing.id: thing for thing in things}, set[UUID](), list[UUID]()
    after: Cursor | None = None
    while page := await listing.page(conn, MINE, wanted, after, limit):
        seen += [asset.id for asset in page]
        after = Cursor(page[-1].created_at, page[-1].id)
        for new in data.draw(
            st.lists(ASSETS.filter(lambda t: t.id not in known), max_size=2, unique_by=lambda t: t.id)
        ):
            known[new.id] = new
            await seed.insert_assets(conn, [new], model)
        leaving = data.draw(st.lists(st.sampled_from(sorted(known)), max_size=2))
        gone |= set(leaving)
        await seed.delete_assets(conn, leaving)
        assert len(seen) <= len(known)
    assert seen == newest_first([known[id] for id in set(seen)]), "newest first, and nothing twice"
    there = [thing for thing in things if thing.mine and not thing.hidden and seed.matches(thing, wanted)]
    assert {thing.id for thing in there} - gone <= set(seen)


def test_similar_to_must_be_resolved_before() -> None:
    with pytest.raises(TypeError):
        clause_of(Filter(condition=SimilarTo(0.5, text="x")))
