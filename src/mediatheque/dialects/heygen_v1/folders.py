"""HeyGen v1's folder operations."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import get, post

from mediatheque.dialects.heygen_v1 import shapes
from mediatheque.dialects.heygen_v1.policy import MAX_PAGE
from mediatheque.errors import FolderNotFound
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.json import read_json
from mediatheque.http.request.pagination import cursor_of, next_token, page_size
from mediatheque.http.request.query import TRUTH, choice, folder_param, parse_id, query_param
from mediatheque.model import Folder, FolderFilter, Scope

_MAX_BODY = 64 * 1024


class NewFolder(msgspec.Struct, frozen=True):
    """The body of POST /v1/folders/create. Without `parent_id`, or with an empty one, the folder is at the root."""

    name: str
    project_type: Literal["video_translate", "instant_avatar", "video", "asset", "brand_kit", "mixed"] = "mixed"
    parent_id: str | None = None


class NewName(msgspec.Struct, frozen=True):
    """The body of POST /v1/folders/{id}."""

    name: str


@get("/v1/folders", guards=[require_scope(Scope.COLLECTIONS_READ)])
async def list_folders(request: AppRequest) -> dict[str, Any]:
    """GET /v1/folders: newest first, of every level unless `parent_id` is given; an empty one means the root."""
    folders = request.library.catalog.folders
    limit = page_size(query_param(request, "limit"), minimum=0, maximum=MAX_PAGE, default=MAX_PAGE)
    after = cursor_of(query_param(request, "token"))
    folder_filter = await _filter(request)
    found, more = await folders.page(request.workspace_id, folder_filter, after, limit)
    total = await folders.count(request.workspace_id, folder_filter)
    shown = [shapes.folder(folder, request.principal.workspace) for folder in found]
    return shapes.envelope({"folders": shown, "token": next_token(found, more), "total": total})


async def _filter(request: AppRequest) -> FolderFilter:
    return FolderFilter(
        trashed=choice(query_param(request, "is_trash") or "false", TRUTH, param="is_trash"),
        parent_id=await folder_param(request, "parent_id"),
        root_only=query_param(request, "parent_id") == "",
        name=query_param(request, "name_filter") or "",
    )


@post(
    "/v1/folders/create",
    status_code=200,
    guards=[require_scope(Scope.COLLECTIONS_WRITE)],
    request_max_body_size=_MAX_BODY,
)
async def create_folder(request: AppRequest) -> dict[str, Any]:
    """POST /v1/folders/create: create a folder, at the root or in a folder that is not in the trash."""
    wanted = await read_json(request, NewFolder)
    parent_id = _id(wanted.parent_id) if wanted.parent_id else None
    folders = request.library.catalog.folders
    folder = await folders.create(request.workspace_id, wanted.name, wanted.project_type, parent_id)
    return _folder_reply(request, folder)


@post(
    "/v1/folders/{id:str}",
    status_code=200,
    guards=[require_scope(Scope.COLLECTIONS_WRITE)],
    request_max_body_size=_MAX_BODY,
)
async def rename_folder(request: AppRequest, id: str) -> dict[str, Any]:
    """POST /v1/folders/{id}: rename a folder, which may be in the trash."""
    wanted = await read_json(request, NewName)
    folders = request.library.catalog.folders
    return _folder_reply(request, await folders.rename(request.workspace_id, _id(id), wanted.name))


@post("/v1/folders/{id:str}/trash", status_code=200, guards=[require_scope(Scope.COLLECTIONS_WRITE)])
async def trash_folder(request: AppRequest, id: str) -> dict[str, Any]:
    """POST /v1/folders/{id}/trash: move the folder and its subfolders to the trash. Their assets stay readable."""
    return _folder_reply(request, await request.library.catalog.folders.trash(request.workspace_id, _id(id)))


@post("/v1/folders/{id:str}/restore", status_code=200, guards=[require_scope(Scope.COLLECTIONS_WRITE)])
async def restore_folder(request: AppRequest, id: str) -> dict[str, Any]:
    """POST /v1/folders/{id}/restore: restore the folder and the subfolders that were trashed with it."""
    return _folder_reply(request, await request.library.catalog.folders.restore(request.workspace_id, _id(id)))


def _id(text: str) -> UUID:
    return parse_id(text, FolderNotFound)


def _folder_reply(request: AppRequest, folder: Folder) -> dict[str, Any]:
    return shapes.envelope(shapes.folder(folder, request.principal.workspace))


ROUTES = (list_folders, create_folder, rename_folder, trash_folder, restore_folder)
