"""Query plans of pages in every order, with filters common and rare: what is read does not grow with the library."""

from uuid import UUID

import pytest

from mediatheque.model import (
    And,
    Comparison,
    Condition,
    Document,
    DocumentComparison,
    DocumentExists,
    Field,
    Filter,
    Kind,
    Operator,
    Order,
    Position,
    Sort,
)
from mediatheque.records.catalog import pages
from mediatheque.records.catalog.ordering import Listing
from mediatheque.records.database import Connection
from tests.records.catalog.test_listing import Explaining, filled
from tests.records.catalog.test_listing import asking as asking_plans

__all__ = ["asking_plans", "filled"]

_LIMIT = 50
_INDEXES = {
    Sort.CREATED_AT: "asset_newest",
    Sort.TITLE: "asset_title",
    Sort.SIZE: "asset_size",
    Sort.DURATION: "asset_duration",
}
ORDERS = [Order(by, descending) for by in Sort for descending in (True, False)]


def metadata(key: str, operator: Operator, value: float | bool | str) -> DocumentComparison:
    return DocumentComparison(Document.METADATA, (key,), operator, (value,))


CONDITIONS: dict[str, Condition] = {
    "common metadata": metadata("half", Operator.EQ, True),
    "rare metadata": metadata("rare", Operator.EQ, 20),
    "absent metadata": metadata("half", Operator.EQ, "x"),
    "a common path": DocumentExists(Document.METADATA, ("score",)),
    "a common path that is missing": DocumentExists(Document.METADATA, ("score",), exists=False),
    "a wide range of numbers": metadata("score", Operator.GTE, 1000),
    "a narrow range of numbers": metadata("score", Operator.GT, 99_900),
    "common and rare metadata": And((metadata("half", Operator.EQ, False), metadata("rare", Operator.EQ, 10))),
    "generation": DocumentComparison(Document.GENERATION, ("model",), Operator.EQ, ("flux",)),
    "size": Comparison(Field.SIZE, Operator.GTE, (990,)),
    "width, which no index has": Comparison(Field.WIDTH, Operator.GTE, (1,)),
    "duration": Comparison(Field.DURATION, Operator.LT, (3.0,)),
    "endpoint": Comparison(Field.ENDPOINT, Operator.EQ, ("model 0",)),
    "endpoints": Comparison(Field.ENDPOINT, Operator.IN, ("model 0", "model 4")),
    "external id": Comparison(Field.EXTERNAL_ID, Operator.EQ, ("x",)),
    "external ids": Comparison(Field.EXTERNAL_ID, Operator.IN, ("x", "y")),
    "request ids": Comparison(Field.REQUEST_ID, Operator.IN, ("x", "y")),
    "a favorite": Comparison(Field.FAVORITE, Operator.EQ, (True,)),
    "no favorite": Comparison(Field.FAVORITE, Operator.EQ, (False,)),
    "no favorite, of a favorite's size": And(
        (Comparison(Field.FAVORITE, Operator.EQ, (False,)), Comparison(Field.SIZE, Operator.LT, (0,)))
    ),
}


@pytest.fixture
def asking(asking_plans: tuple[Connection, UUID, Explaining]) -> tuple[Connection, UUID, Explaining]:
    """The same, with the rows that each node of a plan gave."""
    asking_plans[2].command = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) "
    return asking_plans


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_lists_read_one_page_of_the_index_in_their_order(
    asking: tuple[Connection, UUID, Explaining], order: Order
) -> None:
    conn, workspace, explaining = asking
    listing = Listing(workspace, Filter(), order)
    after: Position | None = None
    for _ in range(3):
        page = await pages.page(conn, listing, after, _LIMIT)
        after = page.after
        assert len(page.assets) == _LIMIT
    explaining.uses_indexes()
    explaining.reads_at_most(_LIMIT + 1)
    assert all(_INDEXES[order.by] in plan for plan in explaining.plans[::2])


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("name", CONDITIONS)
async def test_pages_with_conditions_read_no_more_than_they_may(
    asking: tuple[Connection, UUID, Explaining], order: Order, name: str
) -> None:
    conn, workspace, explaining = asking
    listing = Listing(workspace, Filter(condition=CONDITIONS[name]), order)
    after: Position | None = None
    for _ in range(2):
        after = (await pages.page(conn, listing, after, _LIMIT)).after
    explaining.uses_indexes()
    explaining.reads_at_most(pages.MAX_EXAMINED)


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize(
    "wanted", [Filter(kinds=(Kind.VIDEO,)), Filter(sources=("upload",)), Filter(without_folder=True)], ids=str
)
async def test_pages_of_indexed_fields(
    asking: tuple[Connection, UUID, Explaining], order: Order, wanted: Filter
) -> None:
    conn, workspace, explaining = asking
    after = (await pages.page(conn, Listing(workspace, wanted, order), None, _LIMIT)).after
    await pages.page(conn, Listing(workspace, wanted, order), after, _LIMIT)
    explaining.uses_indexes()
    explaining.reads_at_most(_LIMIT + 1 if order.by is Sort.CREATED_AT else pages.MAX_EXAMINED)


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_pages_of_a_tag(asking: tuple[Connection, UUID, Explaining], order: Order) -> None:
    conn, workspace, explaining = asking
    listing = Listing(workspace, Filter(tag_ids=(workspace,)), order)
    found = await pages.page(conn, listing, None, _LIMIT)
    assert len(found.assets) == _LIMIT
    explaining.uses_indexes()
    explaining.reads_at_most(_LIMIT + 1 if order.by is Sort.CREATED_AT else pages.MAX_SORTED)


async def test_rare_metadata_is_found_on_the_first_page(asking: tuple[Connection, UUID, Explaining]) -> None:
    conn, workspace, explaining = asking
    for name in ("rare metadata", "narrow range of numbers", "common and rare metadata"):
        condition = next(condition for title, condition in CONDITIONS.items() if name in title)
        page = await pages.page(conn, Listing(workspace, Filter(condition=condition), Order(Sort.TITLE)), None, 100)
        assert page.after is None
        assert len(page.assets) == 10
        assert "asset_metadata" in "".join(explaining.plans), name


async def test_another_workspaces_tag_is_empty(asking: tuple[Connection, UUID, Explaining]) -> None:
    """Not even a position in it is told."""
    conn, workspace, _ = asking
    other = UUID(int=workspace.int + 1)
    for order in ORDERS:
        page = await pages.page(conn, Listing(other, Filter(tag_ids=(workspace,)), order), None, 1)
        assert page == pages.Page([], None)
