"""Operations on many assets at once in the native API."""

from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from mediatheque.dialects.native.endpoint import post
from mediatheque.dialects.native.errors import ERRORS, problem_title, problem_type
from mediatheque.errors import FolderNotFound, Invalid, LibraryError, NotFound
from mediatheque.http.context import AppRequest
from mediatheque.library.catalog.bulk import MAX_ASSETS, BulkAssets, BulkOutcome
from mediatheque.library.catalog.update import AssetPatch
from mediatheque.library.idempotency import Claim
from mediatheque.model import Scope

Ids = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=100)], ...],
    msgspec.Meta(min_length=1, max_length=MAX_ASSETS, description="Ids of assets."),
]
TagIds = Annotated[tuple[UUID, ...], msgspec.Meta(min_length=1, max_length=50)]


class _Bulk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="operation"):
    ids: Ids


class BulkPatch(_Bulk, frozen=True, kw_only=True, tag="patch"):
    """Change fields of the assets. Those that are not given stay as they are.

    Null clears a caption, takes the assets out of their folders, or removes all metadata. `metadata` is a JSON merge
    patch.
    """

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | UnsetType = UNSET
    caption: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | UnsetType | None = UNSET
    is_favorite: bool | UnsetType = UNSET
    folder_id: UUID | UnsetType | None = UNSET
    metadata: dict[str, Any] | UnsetType | None = UNSET


class BulkTag(_Bulk, frozen=True, kw_only=True, tag="tag"):
    """Add tags to the assets."""

    tag_ids: TagIds


class BulkUntag(_Bulk, frozen=True, kw_only=True, tag="untag"):
    """Remove tags from the assets."""

    tag_ids: TagIds


class BulkCollect(_Bulk, frozen=True, kw_only=True, tag="collect"):
    """Add the assets to a collection or a character."""

    collection_id: UUID


class BulkUncollect(_Bulk, frozen=True, kw_only=True, tag="uncollect"):
    """Remove the assets from a collection or a character."""

    collection_id: UUID


class BulkTrash(_Bulk, frozen=True, kw_only=True, tag="trash"):
    """Move the assets to the trash."""


class BulkRestore(_Bulk, frozen=True, kw_only=True, tag="restore"):
    """Take the assets out of the trash."""


class BulkPurge(_Bulk, frozen=True, kw_only=True, tag="purge"):
    """Delete assets in the trash for good."""


Bulk = BulkPatch | BulkTag | BulkUntag | BulkCollect | BulkUncollect | BulkTrash | BulkRestore | BulkPurge


class BulkProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why an asset was refused: the members of a problem document that are about it."""

    type: str
    title: str
    status: int
    detail: str
    param: str | UnsetType = UNSET

    @classmethod
    def of(cls, error: LibraryError) -> Self:
        """Build the object."""
        kind = type(error)
        return cls(
            type=problem_type(kind),
            title=problem_title(kind),
            status=ERRORS.mapping(kind).status,
            detail=ERRORS.message(error),
            param=error.param or UNSET,
        )


class BulkResult(msgspec.Struct, frozen=True):
    """What became of one asset. `problem` is there if it is not `ok`."""

    id: str
    ok: bool
    problem: BulkProblem | UnsetType = UNSET


class BulkResults(msgspec.Struct, frozen=True):
    """A result for each id, in the order of the request, and how many are ok."""

    results: list[BulkResult]
    succeeded: int
    failed: int

    @classmethod
    def of(cls, outcome: BulkOutcome, _: str) -> Self:
        """Build the object."""
        results = [
            BulkResult(id, refusal is None, BulkProblem.of(refusal) if refusal else UNSET)
            for id, refusal in outcome.results
        ]
        succeeded = sum(result.ok for result in results)
        return cls(results, succeeded, len(results) - succeeded)


@post("/api/assets/bulk", scope=Scope.ASSETS_WRITE, tag="bulk", errors=(NotFound, FolderNotFound, Invalid))
async def change_assets(request: AppRequest, body: Bulk, claim: Claim | None) -> BulkResults:
    """Change up to 1,000 assets at once.

    Each id has a result, in the order of the request; one that is refused stops no other one. An id that is given twice
    is one asset, with the same result each time. What the assets share, like a tag, must exist, else the whole request
    is refused. All that is done is done in one transaction: after an error, nothing is.
    """
    outcome = await _change(request.library.catalog.bulk, request.workspace_id, body, claim)
    request.context.file_cache.invalidate(*outcome.file_ids)
    return BulkResults.of(outcome, "")


async def _change(bulk: BulkAssets, workspace_id: UUID, body: Bulk, claim: Claim | None) -> BulkOutcome:
    match body:
        case BulkPatch():
            fields = {name: getattr(body, name) for name in BulkPatch.__struct_fields__ if name != "ids"}
            return await bulk.patch(workspace_id, body.ids, AssetPatch(**fields), claim)
        case BulkTag() | BulkUntag():
            return await bulk.tag(workspace_id, body.ids, body.tag_ids, claim, add=isinstance(body, BulkTag))
        case BulkCollect() | BulkUncollect():
            add = isinstance(body, BulkCollect)
            return await bulk.collect(workspace_id, body.ids, body.collection_id, claim, add=add)
        case BulkTrash():
            return await bulk.trash(workspace_id, body.ids, claim)
        case BulkRestore():
            return await bulk.restore(workspace_id, body.ids, claim)
        case BulkPurge():
            return await bulk.purge(workspace_id, body.ids, claim)


ROUTES = (change_assets,)
