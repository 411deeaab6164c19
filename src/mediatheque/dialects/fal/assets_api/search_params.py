"""The query parameters of fal's asset lists: filters, and what to search for."""

from uuid import UUID

import msgspec

from mediatheque.dialects.fal.policy import ASSET_KINDS
from mediatheque.errors import InvalidQuery, NotFound
from mediatheque.http.context import AppRequest
from mediatheque.http.request.asset_sources import own_file
from mediatheque.http.request.query import choice, max_length, parse_id, query_param, query_params
from mediatheque.library.search.hybrid import Example
from mediatheque.model import Collection, Filter, Kind

_SOURCES = {name: name for name in ("upload", "response", "request")}
_TAG_MODES = {"any": False, "all": True}
_SECTIONS = {
    "all-media": Filter(),
    "uploads": Filter(sources=("upload",)),
    "favorites": Filter(favorites=True),
    "generated": Filter(sources=("response",)),
}
_UNUSED_ID = UUID(int=0)  # matches no row; stands for ids that are unknown or malformed
_MAX_QUERY = 2000


class SearchParams(msgspec.Struct, frozen=True):
    """The filter, the example to search by if there is one, and whether the filter is `partial`.

    It is partial when a smart collection matches more assets than a filter can hold.
    """

    wanted: Filter
    example: Example | None
    partial: bool


async def read_search_params(request: AppRequest, collection: Collection | None) -> SearchParams:
    """Read the filters and the example of a list request.

    [documented] The values of one filter are alternatives, except for tags, where `tag_mode` decides. An unknown tag
    or character matches no asset. Raises `InvalidQuery`, and `NotFound` when the example is not a file of this
    workspace.
    """
    wanted, truncated = await _filter(request), False
    example = await _example(request)
    if collection is not None:
        wanted, truncated = await request.library.collections.smart.resolve_filter(wanted, collection)
    return SearchParams(wanted, example, truncated)


async def _filter(request: AppRequest) -> Filter:
    section = choice(query_param(request, "section") or "all-media", _SECTIONS, param="section")
    kinds = tuple(choice(text, ASSET_KINDS, param="media_type") for text in query_params(request, "media_type"))
    sources = tuple(choice(text, _SOURCES, param="source") for text in query_params(request, "source"))
    if section.sources and sources:  # both conditions apply
        sources = tuple(set(section.sources) & set(sources)) or ("none",)
    return Filter(
        kinds=kinds or tuple(ASSET_KINDS.values()),
        sources=sources or section.sources,
        favorites=section.favorites,
        tag_ids=tuple(_id(text) for text in query_params(request, "tag_id")),
        all_tags=choice(query_param(request, "tag_mode") or "any", _TAG_MODES, param="tag_mode"),
        character_ids=await _characters(request),
    )


async def _characters(request: AppRequest) -> tuple[UUID, ...]:
    names = query_params(request, "character_identifier")
    if not names:
        return ()
    characters = request.library.collections.characters
    found = await characters.find_by_handle(request.workspace_id, names)
    return tuple(character.id for character in found) or (_UNUSED_ID,)


async def _example(request: AppRequest) -> Example | None:
    """Read what to search for. [documented] At most one of the three parameters may be given."""
    given = {
        name: text for name in ("q", "search_image_url", "search_video_url") if (text := query_param(request, name))
    }
    if len(given) > 1:
        raise InvalidQuery("Use one of q, search_image_url and search_video_url.", param=list(given)[1])
    text = max_length(given.get("q", "").strip(), _MAX_QUERY, param="q")
    if text:
        return Example(text=text)
    for name, kind in (("search_image_url", Kind.IMAGE), ("search_video_url", Kind.VIDEO)):
        if name in given:
            return Example(blob=(await own_file(request, given[name], param=name, kind=kind)).blob)
    return None


def _id(text: str) -> UUID:
    try:
        return parse_id(text, NotFound)
    except NotFound:
        return _UNUSED_ID
