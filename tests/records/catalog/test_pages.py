"""Pages in every order, with every filter, against the same lists sorted in Python."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediatheque.model import EmbeddingModel, Filter, Order, Position, Sort
from mediatheque.records.catalog import pages
from mediatheque.records.catalog.ordering import Listing
from mediatheque.records.database import Connection
from mediatheque.records.search.words import fold
from tests.records import seed
from tests.records.catalog.test_filters import filters
from tests.records.seed import ASSET_LISTS, MINE, SeededAsset
from tests.rounds import examples

_EXAMPLES = settings(
    max_examples=examples(24),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ORDERS = st.builds(Order, st.sampled_from(list(Sort)), st.booleans())


@pytest.fixture(params=[(1, 2, 0), (2, 3, 4), (1_000, 10_000, 5_000)], ids=["scan", "both", "as set"])
def bounds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many assets are examined at first and then, and how many are sorted."""
    first, most, sorted_ = request.param
    monkeypatch.setattr(pages, "_FIRST_EXAMINED", first)
    monkeypatch.setattr(pages, "MAX_EXAMINED", most)
    monkeypatch.setattr(pages, "MAX_SORTED", sorted_)


def in_order(things: list[SeededAsset], order: Order) -> list[UUID]:
    keys = {
        Sort.CREATED_AT: lambda thing: thing.at,
        Sort.TITLE: lambda thing: fold(thing.title)[:255],
        Sort.SIZE: lambda thing: thing.size,
        Sort.DURATION: lambda thing: thing.duration or 0.0,
    }
    key = keys[order.by]
    return [thing.id for thing in sorted(things, key=lambda t: (key(t), t.id), reverse=order.descending)]


async def all_pages(conn: Connection, listing: Listing, limit: int) -> list[UUID]:
    ids: list[UUID] = []
    after: Position | None = None
    for _ in range(100):
        page = await pages.page(conn, listing, after, limit)
        assert len(page.assets) <= limit
        ids += [asset.id for asset in page.assets]
        after = page.after
        if after is None:
            return ids
    raise AssertionError("the list has no end")


@pytest.mark.sampled
@pytest.mark.usefixtures("bounds")
@_EXAMPLES
@given(things=ASSET_LISTS, limit=st.integers(1, 13), data=st.data())
async def test_lists_match_the_model_in_every_order(
    opened: tuple[Connection, EmbeddingModel], things: list[SeededAsset], limit: int, data: st.DataObject
) -> None:
    conn, model = opened
    await seed.delete_assets(conn)
    await seed.insert_assets(conn, things, model)
    for _ in range(3):
        wanted, order = data.draw(filters([thing.id for thing in things])), data.draw(ORDERS)
        let = [thing for thing in things if thing.mine and not thing.hidden and seed.matches(thing, wanted)]
        assert await all_pages(conn, Listing(MINE, wanted, order), limit) == in_order(let, order)


@pytest.mark.sampled
@_EXAMPLES
@given(things=ASSET_LISTS, order=ORDERS, limit=st.integers(1, 3), data=st.data())
async def test_deletions_between_pages_repeat_and_skip_nothing(
    opened: tuple[Connection, EmbeddingModel],
    things: list[SeededAsset],
    order: Order,
    limit: int,
    data: st.DataObject,
) -> None:
    conn, model = opened
    await seed.delete_assets(conn)
    await seed.insert_assets(conn, things, model)
    listing, seen, gone = Listing(MINE, Filter(), order), list[UUID](), set[UUID]()
    after: Position | None = None
    while True:
        page = await pages.page(conn, listing, after, limit)
        seen += [asset.id for asset in page.assets]
        if (after := page.after) is None:
            break
        leaving = set(data.draw(st.lists(st.sampled_from([thing.id for thing in things]), max_size=2)))
        gone |= leaving
        await seed.delete_assets(conn, leaving)
    let = in_order([thing for thing in things if thing.mine and not thing.hidden], order)
    assert [id for id in let if id in set(seen) or id not in gone] == seen
