"""Facets, exact and capped, against counts in Python."""

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediatheque.model import EmbeddingModel, Facet, FacetValue, Filter
from mediatheque.records.catalog import counting
from mediatheque.records.catalog.ordering import Listing
from mediatheque.records.database import Connection
from mediatheque.records.search import facets
from tests.records import seed
from tests.records.catalog.test_filters import filters
from tests.records.catalog.test_listing import Explaining, asking, filled
from tests.records.catalog.test_page_plans import CONDITIONS
from tests.records.seed import ASSET_LISTS, MINE, SeededAsset, moment
from tests.rounds import examples

__all__ = ["asking", "filled"]

_EXAMPLES = settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def counts(things: list[SeededAsset], facet: Facet) -> Counter[str]:
    match facet:
        case Facet.KIND:
            return Counter(thing.kind.value for thing in things)
        case Facet.TAG:
            return Counter(str(tag) for thing in things for tag in thing.tags)
        case Facet.SOURCE:
            return Counter(thing.source for thing in things)
        case Facet.ENDPOINT:
            return Counter(thing.endpoint for thing in things if thing.endpoint)
        case Facet.MONTH:
            return Counter(moment(thing.at).strftime("%Y-%m") for thing in things)


@pytest.mark.sampled
@_EXAMPLES
@given(things=ASSET_LISTS, data=st.data())
async def test_counts_of_few_assets_are_exact(
    opened: tuple[Connection, EmbeddingModel], things: list[SeededAsset], data: st.DataObject
) -> None:
    conn, model = opened
    await seed.delete_assets(conn)
    await seed.insert_assets(conn, things, model)
    for _ in range(3):
        wanted = data.draw(filters([thing.id for thing in things]))
        let = [thing for thing in things if thing.mine and not thing.hidden and seed.matches(thing, wanted)]
        found = await facets.count(conn, MINE, wanted, list(Facet))
        assert found.is_complete
        assert found.total.more is False
        if wanted != Filter():  # else the index alone is counted
            assert found.total.count == len(let) == (await counting.count(conn, Listing(MINE, wanted))).count
        for facet in Facet:
            assert {value.value: value.count for value in found.values[facet]} == counts(let, facet)
            assert not any(value.more for value in found.values[facet])
            assert list(found.values[facet]) == sorted(found.values[facet], key=lambda v: (-v.count, v.value))


@pytest.mark.sampled
@_EXAMPLES
@given(things=ASSET_LISTS.map(lambda things: [t for t in things if not t.expired]), data=st.data())
async def test_counts_of_many_assets_are_the_least_there_are(
    opened: tuple[Connection, EmbeddingModel], things: list[SeededAsset], data: st.DataObject
) -> None:
    """Three assets are many here."""
    conn, model = opened
    await seed.delete_assets(conn)
    await seed.insert_assets(conn, things, model)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(facets, "_FIRST_EXAMINED", 2)
        patch.setattr(facets, "MAX_EXAMINED", 3)
        patch.setattr(facets, "MAX_SORTED", 0)
        patch.setattr(facets, "_MAX_COUNT", 4)
        patch.setattr(facets, "_EXAMINED", 12)
        wanted = data.draw(st.just(Filter()) | filters([thing.id for thing in things]))
        found = await facets.count(conn, MINE, wanted, list(Facet))
    let = [thing for thing in things if thing.mine and not thing.hidden and seed.matches(thing, wanted)]
    for facet in Facet:
        real = counts(let, facet)
        for value in found.values[facet]:
            assert value.count <= real[value.value]
            assert value.more or value.count == real[value.value]
        if found.is_complete:
            assert {value.value for value in found.values[facet]} == set(real)


@pytest.mark.parametrize("name", [None, "common metadata", "rare metadata", "width, which no index has", "endpoint"])
async def test_facets_read_no_more_than_they_may(asking: tuple[Connection, UUID, Explaining], name: str | None) -> None:
    conn, workspace, explaining = asking
    explaining.command = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) "
    wanted = Filter(condition=CONDITIONS[name] if name else None)
    for facet in Facet:
        found = await facets.count(conn, workspace, wanted, [facet])
        assert all(isinstance(value, FacetValue) for value in found.values[facet])
    explaining.uses_indexes()
    explaining.reads_at_most(10_001)
