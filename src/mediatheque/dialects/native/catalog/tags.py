"""Tags in the native API."""

from typing import Annotated, Self
from uuid import UUID

import msgspec

from mediatheque.dialects.native.endpoint import delete, get, patch, post
from mediatheque.dialects.native.shapes import Time
from mediatheque.errors import Conflict, NotFound
from mediatheque.http.context import AppRequest
from mediatheque.http.request.pagination import name_of, name_token
from mediatheque.library.catalog.tags import MAX_NAME
from mediatheque.library.idempotency import Claim
from mediatheque.model import CountedTag, Scope, Tag

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME)]


class ListTags(msgspec.Struct, frozen=True):
    """Which tags: those whose names begin with `prefix`, in any case."""

    prefix: Annotated[str, msgspec.Meta(max_length=MAX_NAME)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class NewTag(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tag's name, which is unique in the workspace, in any case."""

    name: _Name


class MergeTag(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tag that gets all assets."""

    into: UUID


class TagShape(msgspec.Struct, frozen=True, kw_only=True):
    """A tag."""

    id: UUID
    name: str
    created_at: Time

    @classmethod
    def of(cls, tag: Tag, _: str) -> Self:
        """Build the tag object."""
        return cls(id=tag.id, name=tag.name, created_at=tag.created_at)


class CountedTagShape(TagShape, frozen=True, kw_only=True):
    """A tag with the number of its assets; null where there are more than 10,000."""

    asset_count: int | None

    @classmethod
    def counted(cls, found: CountedTag) -> Self:
        """Build the tag object."""
        tag = found.tag
        return cls(id=tag.id, name=tag.name, created_at=tag.created_at, asset_count=found.asset_count)


class TagPage(msgspec.Struct, frozen=True):
    """A page of tags; `next_cursor` is null at the end."""

    items: list[CountedTagShape]
    next_cursor: str | None


@get("/api/tags", scope=Scope.COLLECTIONS_READ)
async def list_tags(request: AppRequest, query: ListTags) -> TagPage:
    """List tags by name, with the numbers of their assets."""
    after = name_of(query.cursor, param="cursor")
    found, more = await request.library.catalog.tags.page(request.workspace_id, query.prefix, after, query.limit)
    return TagPage([CountedTagShape.counted(each) for each in found], name_token(found[-1].tag.name) if more else None)


@post("/api/tags", scope=Scope.COLLECTIONS_WRITE, status=201, errors=(Conflict,), example={"name": "bear"})
async def create_tag(request: AppRequest, body: NewTag, claim: Claim | None) -> TagShape:
    """Create a tag. A workspace has at most 10,000."""
    tag = await request.library.catalog.tags.create(request.workspace_id, body.name, claim)
    return TagShape.of(tag, request.public_url)


@get("/api/tags/{id}", scope=Scope.COLLECTIONS_READ, not_found=NotFound)
async def get_tag(request: AppRequest, id: UUID) -> CountedTagShape:
    """Get a tag, with the number of its assets."""
    return CountedTagShape.counted(await request.library.catalog.tags.get(request.workspace_id, id))


@patch(
    "/api/tags/{id}", scope=Scope.COLLECTIONS_WRITE, not_found=NotFound, errors=(Conflict,), example={"name": "bear"}
)
async def rename_tag(request: AppRequest, id: UUID, body: NewTag, claim: Claim | None) -> TagShape:
    """Rename a tag."""
    tag = await request.library.catalog.tags.rename(request.workspace_id, id, body.name, claim)
    return TagShape.of(tag, request.public_url)


@delete("/api/tags/{id}", scope=Scope.COLLECTIONS_WRITE, status=204, not_found=NotFound)
async def delete_tag(request: AppRequest, id: UUID, claim: Claim | None) -> None:
    """Delete a tag, and remove it from its assets."""
    await request.library.catalog.tags.delete(request.workspace_id, id, claim)


@post("/api/tags/{id}/merge", scope=Scope.COLLECTIONS_WRITE, not_found=NotFound)
async def merge_tag(request: AppRequest, id: UUID, body: MergeTag, claim: Claim | None) -> TagShape:
    """Merge a tag into another one.

    All its assets get the other tag, those in the trash too, and the tag is deleted. The other tag is answered.
    """
    tag = await request.library.catalog.tags.merge(request.workspace_id, id, body.into, claim)
    return TagShape.of(tag, request.public_url)


ROUTES = (list_tags, create_tag, get_tag, rename_tag, delete_tag, merge_tag)
