"""The filters of lists, searches and facets, as query parameters.

`size[gte]=1000`: a field and in brackets an operator (gt, gte, lt, lte), as in Stripe's API.
`metadata.camera.lens=50`: a path in the metadata, whose operators are neq and exists, too.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec

from mediatheque.dialects.native.search.document_params import document_conditions
from mediatheque.dialects.native.shapes import Time
from mediatheque.errors import InvalidQuery
from mediatheque.http.context import AppRequest
from mediatheque.model import ORDERED, And, Comparison, Condition, Field, Filter, Kind, Operator

_T = TypeVar("_T")
_UNUSED_ID = UUID(int=0)  # matches no row: stands for a tag that nobody has
_RANGES = (Field.CREATED_AT, Field.SIZE, Field.WIDTH, Field.HEIGHT, Field.DURATION)
_Text = Annotated[str, msgspec.Meta(max_length=2000)]
_Several = Annotated[tuple[_T, ...], msgspec.Meta(max_length=100)]
_Bytes = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Pixels = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
_Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e12)]


def _named(name: str) -> Any:
    return msgspec.field(default=None, name=name)


class AssetFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which assets. All parameters must be met; of several values of one, one suffices.

    `tag` is the name of a tag, `tag_id` its id; with `tag_mode=all`, assets have all of them. `folder_id` is an id or
    `none`. A smart collection is given like any other, by `collection_id`.
    """

    kind: _Several[Kind] = ()
    mime_type: _Several[_Text] = ()
    source: _Several[_Text] = ()
    endpoint: _Several[_Text] = ()
    request_id: _Text | None = None
    external_id: _Several[_Text] = ()
    favorite: bool | None = None
    tag: _Several[_Text] = ()
    tag_id: _Several[UUID] = ()
    tag_mode: Literal["any", "all"] = "any"
    collection_id: UUID | None = None
    folder_id: _Text | None = None
    created_at_gt: Time | None = _named("created_at[gt]")
    created_at_gte: Time | None = _named("created_at[gte]")
    created_at_lt: Time | None = _named("created_at[lt]")
    created_at_lte: Time | None = _named("created_at[lte]")
    size_gt: _Bytes | None = _named("size[gt]")
    size_gte: _Bytes | None = _named("size[gte]")
    size_lt: _Bytes | None = _named("size[lt]")
    size_lte: _Bytes | None = _named("size[lte]")
    width_gt: _Pixels | None = _named("width[gt]")
    width_gte: _Pixels | None = _named("width[gte]")
    width_lt: _Pixels | None = _named("width[lt]")
    width_lte: _Pixels | None = _named("width[lte]")
    height_gt: _Pixels | None = _named("height[gt]")
    height_gte: _Pixels | None = _named("height[gte]")
    height_lt: _Pixels | None = _named("height[lt]")
    height_lte: _Pixels | None = _named("height[lte]")
    duration_gt: _Seconds | None = _named("duration[gt]")
    duration_gte: _Seconds | None = _named("duration[gte]")
    duration_lt: _Seconds | None = _named("duration[lt]")
    duration_lte: _Seconds | None = _named("duration[lte]")

    async def read(self, request: AppRequest) -> tuple[Filter, bool]:
        """Return the filter, and whether it is partial: more assets resemble an example than it can hold.

        Raises `InvalidQuery`, and `NotFound` for an unknown collection.
        """
        conditions = (*self._conditions(), *document_conditions(request))
        wanted = Filter(
            kinds=self.kind,
            types=self.mime_type,
            sources=self.source,
            favorites=self.favorite is True,
            tag_ids=await self._tags(request),
            all_tags=self.tag_mode == "all",
            folder_id=_folder(self.folder_id),
            without_folder=self.folder_id == "none",
            condition=And(conditions) if conditions else None,
        )
        if self.collection_id is None:
            return wanted, False
        collections = request.library.collections
        collection = await collections.collections.get(request.workspace_id, self.collection_id)
        return await collections.smart.resolve_filter(wanted, collection)

    def _conditions(self) -> Iterator[Condition]:
        if self.favorite is False:
            yield Comparison(Field.FAVORITE, Operator.EQ, (False,))
        request_ids = (self.request_id,) if self.request_id else ()
        for field, values in (
            (Field.ENDPOINT, self.endpoint),
            (Field.EXTERNAL_ID, self.external_id),
            (Field.REQUEST_ID, request_ids),
        ):
            if values:
                yield Comparison(field, Operator.EQ if len(values) == 1 else Operator.IN, values)
        for field in _RANGES:
            for operator in ORDERED:
                if (value := getattr(self, f"{field}_{operator}")) is not None:
                    yield Comparison(field, operator, (value,))

    async def _tags(self, request: AppRequest) -> tuple[UUID, ...]:
        if not self.tag:
            return self.tag_id
        found = await request.library.catalog.tags.find_ids(request.workspace_id, self.tag)
        return (*self.tag_id, *(id or _UNUSED_ID for id in found))


def _folder(text: str | None) -> UUID | None:
    if text is None or text == "none":
        return None
    try:
        return UUID(text)
    except ValueError:
        raise InvalidQuery("folder_id must be an id, or none.", param="folder_id") from None
