"""Folders in the native API."""

from typing import Annotated, Self
from uuid import UUID

import msgspec

from mediatheque.dialects.native.endpoint import delete, get, patch, post
from mediatheque.dialects.native.shapes import Time
from mediatheque.errors import FolderNotFound, InvalidQuery
from mediatheque.http.context import AppRequest
from mediatheque.http.request.pagination import cursor_of, next_token
from mediatheque.library.idempotency import Claim
from mediatheque.model import Folder, FolderFilter, Scope

_ROOT = "none"
_PROJECT_TYPE = "mixed"  # HeyGen's word for what its folders hold; here they hold anything
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class ListFolders(msgspec.Struct, frozen=True):
    """Which folders: in the folder `parent_id`, or with `none` those at the root; with `name` in their names."""

    parent_id: Annotated[str, msgspec.Meta(max_length=50)] | None = None
    name: Annotated[str, msgspec.Meta(max_length=255)] = ""
    trashed: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: str | None = None

    def read(self) -> FolderFilter:
        """Return the filter. Raises `InvalidQuery`."""
        is_root = self.parent_id == _ROOT
        try:
            parent_id = UUID(self.parent_id) if self.parent_id and not is_root else None
        except ValueError:
            raise InvalidQuery(f"parent_id must be an id, or {_ROOT}.", param="parent_id") from None
        return FolderFilter(trashed=self.trashed, parent_id=parent_id, root_only=is_root, name=self.name)


class NewFolder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A folder's name, and the folder that it is in; null is the root."""

    name: _Name
    parent_id: UUID | None = None


class NewName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The new name."""

    name: _Name


class FolderShape(msgspec.Struct, frozen=True, kw_only=True):
    """A folder. `children`: the assets and folders directly in it, without those in the trash."""

    id: UUID
    name: str
    parent_id: UUID | None
    children: int
    created_at: Time
    updated_at: Time
    trashed_at: Time | None

    @classmethod
    def of(cls, folder: Folder, _: str) -> Self:
        """Build the folder object."""
        return cls(
            id=folder.id,
            name=folder.name,
            parent_id=folder.parent_id,
            children=folder.children,
            created_at=folder.created_at,
            updated_at=folder.updated_at,
            trashed_at=folder.trashed_at,
        )


class FolderPage(msgspec.Struct, frozen=True):
    """A page of folders; `next_cursor` is null at the end."""

    items: list[FolderShape]
    next_cursor: str | None


@get("/api/folders", scope=Scope.COLLECTIONS_READ)
async def list_folders(request: AppRequest, query: ListFolders) -> FolderPage:
    """List folders, newest first."""
    base, after = request.public_url, cursor_of(query.cursor, param="cursor")
    found, more = await request.library.catalog.folders.page(request.workspace_id, query.read(), after, query.limit)
    return FolderPage([FolderShape.of(folder, base) for folder in found], next_token(found, more))


@post(
    "/api/folders",
    scope=Scope.COLLECTIONS_WRITE,
    status=201,
    errors=(FolderNotFound,),
    example={"name": "Takes", "parent_id": None},
)
async def create_folder(request: AppRequest, body: NewFolder, claim: Claim | None) -> FolderShape:
    """Create a folder."""
    folder = await request.library.catalog.folders.create(
        request.workspace_id, body.name, _PROJECT_TYPE, body.parent_id, claim
    )
    return FolderShape.of(folder, request.public_url)


@get("/api/folders/{id}", scope=Scope.COLLECTIONS_READ, not_found=FolderNotFound)
async def get_folder(request: AppRequest, id: UUID) -> FolderShape:
    """Get a folder, which may be in the trash."""
    return FolderShape.of(await request.library.catalog.folders.get(request.workspace_id, id), request.public_url)


@patch("/api/folders/{id}", scope=Scope.COLLECTIONS_WRITE, not_found=FolderNotFound, example={"name": "Takes"})
async def rename_folder(request: AppRequest, id: UUID, body: NewName, claim: Claim | None) -> FolderShape:
    """Rename a folder."""
    folder = await request.library.catalog.folders.rename(request.workspace_id, id, body.name, claim)
    return FolderShape.of(folder, request.public_url)


@delete("/api/folders/{id}", scope=Scope.COLLECTIONS_WRITE, not_found=FolderNotFound)
async def trash_folder(request: AppRequest, id: UUID, claim: Claim | None) -> FolderShape:
    """Move a folder and those in it to the trash.

    Their assets stay where they are, and in lists. A folder that is in the trash stays there.
    """
    folder = await request.library.catalog.folders.trash(request.workspace_id, id, claim)
    return FolderShape.of(folder, request.public_url)


@post("/api/folders/{id}/restore", scope=Scope.COLLECTIONS_WRITE, not_found=FolderNotFound)
async def restore_folder(request: AppRequest, id: UUID, claim: Claim | None) -> FolderShape:
    """Restore a folder, with those that were moved to the trash with it.

    It returns to its parent, or to the root if the parent is in the trash.
    """
    folder = await request.library.catalog.folders.restore(request.workspace_id, id, claim)
    return FolderShape.of(folder, request.public_url)


ROUTES = (list_folders, create_folder, get_folder, rename_folder, trash_folder, restore_folder)
