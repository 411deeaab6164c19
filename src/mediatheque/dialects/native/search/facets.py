"""Facets: how many assets have which values."""

from typing import Annotated

import msgspec

from mediatheque.dialects.native.endpoint import get
from mediatheque.dialects.native.search.document_params import PARAMETERS
from mediatheque.dialects.native.search.filters import AssetFilter
from mediatheque.errors import NotFound, TypeMismatch, Unreadable
from mediatheque.http.context import AppRequest
from mediatheque.model import Count, Facet, Scope


class CountFacets(AssetFilter, frozen=True, kw_only=True):
    """Which assets to count, and by what; by everything if nothing is named."""

    by: Annotated[tuple[Facet, ...], msgspec.Meta(max_length=len(Facet))] = ()


class CountShape(msgspec.Struct, frozen=True):
    """A number of assets. `more`: there may be more, counting stopped."""

    count: int
    more: bool

    @classmethod
    def of(cls, count: Count) -> "CountShape":
        """Build the object."""
        return cls(count.count, count.more)


class FacetValueShape(msgspec.Struct, frozen=True):
    """A value, and how many assets have it. A tag is told by its id, with its name as the label."""

    value: str
    label: str
    count: int
    more: bool


class FacetsShape(msgspec.Struct, frozen=True):
    """How many assets have which values, the most first.

    `is_complete`: every count is exact, and no value is missing of at most a hundred. Else there are many assets:
    counts with `more` are the least there are, and rare tags and endpoints may be missing.
    """

    total: CountShape
    facets: dict[str, list[FacetValueShape]]
    is_complete: bool


@get(
    "/api/facets",
    scope=Scope.ASSETS_READ,
    errors=(NotFound, TypeMismatch, Unreadable),
    parameters=PARAMETERS,
)
async def count_facets(request: AppRequest, query: CountFacets) -> FacetsShape:
    """Count assets by kind, tag, source, endpoint and month.

    The filters are those of the list of assets. Months are those of UTC.
    """
    wanted, _ = await query.read(request)
    by = tuple(dict.fromkeys(query.by)) or tuple(Facet)
    found = await request.library.search.facets.count(request.workspace_id, wanted, by)
    facets = {
        facet.value: [FacetValueShape(each.value, each.label, each.count, each.more) for each in values]
        for facet, values in found.values.items()
    }
    return FacetsShape(CountShape.of(found.total), facets, found.is_complete)


ROUTES = (count_facets,)
