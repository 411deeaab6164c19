"""Workspaces in the native API, for keys with the scope `instance`."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from mediatheque.dialects.native.accounts.shapes import CreatedWorkspaceShape, WorkspacePage, WorkspaceShape
from mediatheque.dialects.native.endpoint import delete, get, patch, post
from mediatheque.errors import Conflict, WorkspaceNotFound
from mediatheque.http.context import AppRequest
from mediatheque.http.request.pagination import cursor_of, next_token
from mediatheque.library.idempotency import Claim
from mediatheque.model import Scope

_ID = "/api/workspaces/{id}"


class WorkspaceName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The name of a workspace: letters, digits, `.`, `_` and `-`, of which it begins with none of the last three."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]


class ListWorkspaces(msgspec.Struct, frozen=True):
    """How much of the list."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


@post("/api/workspaces", scope=Scope.INSTANCE, status=201, errors=(Conflict,))
async def create_workspace(request: AppRequest, body: WorkspaceName, claim: Claim | None) -> CreatedWorkspaceShape:
    """Create a workspace and its first API key.

    That key may do everything in the workspace, and its secret is shown only once. A name that another workspace has,
    or ever had, is refused.
    """
    return CreatedWorkspaceShape.of(await request.library.accounts.workspaces.create(body.name, claim))


@get("/api/workspaces", scope=Scope.INSTANCE)
async def list_workspaces(request: AppRequest, query: ListWorkspaces) -> WorkspacePage:
    """List the workspaces of this library, newest first."""
    after = cursor_of(query.cursor, param="cursor")
    found, more = await request.library.accounts.workspaces.list(after, query.limit)
    return WorkspacePage([WorkspaceShape.of(workspace) for workspace in found], next_token(found, more))


@get(_ID, scope=Scope.INSTANCE, not_found=WorkspaceNotFound)
async def get_workspace(request: AppRequest, id: UUID) -> WorkspaceShape:
    """Get a workspace. One that is deleted is found until all of its content is."""
    return WorkspaceShape.of(await request.library.accounts.workspaces.get(id))


@patch(_ID, scope=Scope.INSTANCE, not_found=WorkspaceNotFound, errors=(Conflict,))
async def rename_workspace(request: AppRequest, id: UUID, body: WorkspaceName, claim: Claim | None) -> WorkspaceShape:
    """Rename a workspace.

    Access that files give to its former names stays its own: no other workspace can ever take one of them.
    """
    return WorkspaceShape.of(await request.library.accounts.workspaces.rename(id, body.name, claim))


@post(f"{_ID}/suspend", scope=Scope.INSTANCE, not_found=WorkspaceNotFound, errors=(Conflict,))
async def suspend_workspace(request: AppRequest, id: UUID, claim: Claim | None) -> WorkspaceShape:
    """Suspend a workspace until it is resumed.

    Within two seconds, every server answers its keys with 403 and does not find its files, public ones either. Nothing
    is deleted, but what expires. The workspace of the key that asks is not suspended: it could not resume it.
    """
    return WorkspaceShape.of(await request.library.accounts.workspaces.suspend(id, claim, caller=request.principal))


@post(f"{_ID}/resume", scope=Scope.INSTANCE, not_found=WorkspaceNotFound, errors=(Conflict,))
async def resume_workspace(request: AppRequest, id: UUID, claim: Claim | None) -> WorkspaceShape:
    """Resume a suspended workspace, within two seconds."""
    return WorkspaceShape.of(await request.library.accounts.workspaces.resume(id, claim))


@delete(_ID, scope=Scope.INSTANCE, status=202, not_found=WorkspaceNotFound, errors=(Conflict,))
async def delete_workspace(request: AppRequest, id: UUID, claim: Claim | None) -> WorkspaceShape:
    """Delete a workspace with all its content.

    Once this is answered, after two seconds, no server finds anything of it. A worker deletes its content; until that
    is done, the workspace is found with the state `deleting`. There is no way back, and its name stays taken. The
    workspace of the key that asks is not deleted.
    """
    return WorkspaceShape.of(await request.library.accounts.workspaces.delete(id, claim, caller=request.principal))


ROUTES = (
    create_workspace,
    list_workspaces,
    get_workspace,
    rename_workspace,
    suspend_workspace,
    resume_workspace,
    delete_workspace,
)
