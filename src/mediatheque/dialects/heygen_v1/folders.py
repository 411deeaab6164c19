"""HeyGen v1's folders."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, get, post

from mediatheque.dialects.heygen_v1 import MOST, shapes
from mediatheque.errors import FolderNotFound
from mediatheque.http.context import context_of
from mediatheque.http.request.auth import caller_of, needs
from mediatheque.http.request.json import read_json
from mediatheque.http.request.pagination import limit_of, next_token, position_of
from mediatheque.http.request.query import TRUTH, asked, chosen, folder_asked, id_in
from mediatheque.model import Folder, FolderFilter, Scope

_MAX_BODY = 64 * 1024


class NewFolder(msgspec.Struct, frozen=True):
    """The body of POST /v1/folders/create. No parent, or an empty one: at the root."""

    name: str
    project_type: Literal["video_translate", "instant_avatar", "video", "asset", "brand_kit", "mixed"] = "mixed"
    parent_id: str | None = None


class NewName(msgspec.Struct, frozen=True):
    """The body of POST /v1/folders/{id}."""

    name: str


@get("/v1/folders", guards=[needs(Scope.READ)])
async def list_folders(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """GET /v1/folders: newest first, of every depth unless `parent_id` is given; an empty one means the root."""
    caller, folders = caller_of(request), context_of(request).library.folders
    limit = limit_of(asked(request, "limit"), least=0, most=MOST, default=MOST)
    after = position_of(asked(request, "token"))
    wanted = await _wanted(request)
    found, more = await folders.page(caller.workspace_id, wanted, after, limit)
    total = await folders.count(caller.workspace_id, wanted)
    shown = [shapes.folder(folder, caller.workspace) for folder in found]
    return shapes.done({"folders": shown, "token": next_token(found, more), "total": total})


async def _wanted(request: Request[Any, Any, Any]) -> FolderFilter:
    return FolderFilter(
        trashed=chosen(asked(request, "is_trash") or "false", TRUTH, param="is_trash"),
        parent_id=await folder_asked(request, "parent_id"),
        topmost=asked(request, "parent_id") == "",
        name=asked(request, "name_filter") or "",
    )


@post("/v1/folders/create", status_code=200, guards=[needs(Scope.WRITE)], request_max_body_size=_MAX_BODY)
async def create_folder(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """POST /v1/folders/create: a new folder, in a live one or at the root."""
    wanted = await read_json(request, NewFolder)
    parent_id = id_in(wanted.parent_id, FolderNotFound) if wanted.parent_id else None
    folders, workspace_id = context_of(request).library.folders, caller_of(request).workspace_id
    return _answer(request, await folders.create(workspace_id, wanted.name, wanted.project_type, parent_id))


@post("/v1/folders/{id:uuid}", status_code=200, guards=[needs(Scope.WRITE)], request_max_body_size=_MAX_BODY)
async def rename_folder(request: Request[Any, Any, Any], id: UUID) -> dict[str, Any]:
    """POST /v1/folders/{id}: a folder's new name, be it in the trash."""
    wanted = await read_json(request, NewName)
    folders = context_of(request).library.folders
    return _answer(request, await folders.rename(caller_of(request).workspace_id, id, wanted.name))


@post("/v1/folders/{id:uuid}/trash", status_code=200, guards=[needs(Scope.WRITE)])
async def trash_folder(request: Request[Any, Any, Any], id: UUID) -> dict[str, Any]:
    """POST /v1/folders/{id}/trash: with all folders below it. Assets stay where they are, and can be read."""
    return _answer(request, await context_of(request).library.folders.trash(caller_of(request).workspace_id, id))


@post("/v1/folders/{id:uuid}/restore", status_code=200, guards=[needs(Scope.WRITE)])
async def restore_folder(request: Request[Any, Any, Any], id: UUID) -> dict[str, Any]:
    """POST /v1/folders/{id}/restore: back to where it was, with all that went into the trash with it."""
    return _answer(request, await context_of(request).library.folders.restore(caller_of(request).workspace_id, id))


def _answer(request: Request[Any, Any, Any], folder: Folder) -> dict[str, Any]:
    return shapes.done(shapes.folder(folder, caller_of(request).workspace))


ROUTES = (list_folders, create_folder, rename_folder, trash_folder, restore_folder)
