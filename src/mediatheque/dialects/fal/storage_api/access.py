"""fal's platform operations on stored files: ACLs, signed URLs, and the workspace's defaults for new files."""

from typing import Annotated

import msgspec
from litestar import get, post, put

from mediatheque.dialects.fal.storage_api.lifecycle import AclBody, Seconds
from mediatheque.errors import Invalid
from mediatheque.http.context import AppRequest
from mediatheque.http.request.asset_sources import own_file
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.file_access import signed_url
from mediatheque.http.request.json import read_json
from mediatheque.http.urls import file_url
from mediatheque.library.catalog.access import MAX_LINK_SECONDS
from mediatheque.model import File, FileDefaults, Scope

_MAX_BODY = 512 * 1024


class Signing(msgspec.Struct, frozen=True):
    """The body of a sign call."""

    expiration_seconds: Annotated[int, msgspec.Meta(ge=1, le=MAX_LINK_SECONDS)]


class Settings(msgspec.Struct, frozen=True):
    """[documented] Defaults for new files. Null means no expiry, and readable by everyone."""

    expiration_duration_seconds: Seconds | None = None
    initial_acl: AclBody | None = None

    @classmethod
    def of(cls, defaults: FileDefaults) -> "Settings":
        """Convert the library's defaults."""
        return cls(defaults.lifetime_seconds, AclBody.of(defaults.acl) if defaults.acl else None)


@get("/v1/storage/files/acl", guards=[require_scope(Scope.ASSETS_READ)])
async def get_acl(request: AppRequest) -> AclBody:
    """GET /v1/storage/files/acl?url=: the file's ACL."""
    return AclBody.of((await _file(request)).acl)


@put("/v1/storage/files/acl", guards=[require_scope(Scope.ASSETS_WRITE)], request_max_body_size=_MAX_BODY)
async def put_acl(request: AppRequest) -> AclBody:
    """PUT /v1/storage/files/acl?url=: replace the file's ACL."""
    acl = await read_json(request, AclBody)
    file = await _file(request)
    changed = await request.library.catalog.access.set_acl(file.workspace_id, file.id, acl.to_acl())
    request.context.file_cache.invalidate(*changed)
    return acl


@post(
    "/v1/storage/files/sign",
    status_code=200,
    guards=[require_scope(Scope.ASSETS_WRITE)],
    request_max_body_size=_MAX_BODY,
)
async def sign(request: AppRequest) -> dict[str, str]:
    """POST /v1/storage/files/sign?url=: a URL that reads the file despite its ACL until it expires."""
    wanted = await read_json(request, Signing)
    file = await _file(request)
    signature = await request.library.catalog.access.sign(file, wanted.expiration_seconds)
    return {"signed_url": signed_url(file_url(request.public_url, file), signature)}


@get("/v1/storage/settings", guards=[require_scope(Scope.ASSETS_READ)])
async def get_settings(request: AppRequest) -> Settings:
    """GET /v1/storage/settings: the defaults for new files."""
    return Settings.of(await request.library.catalog.access.defaults(request.workspace_id))


@put("/v1/storage/settings", guards=[require_scope(Scope.ASSETS_WRITE)], request_max_body_size=_MAX_BODY)
async def put_settings(request: AppRequest) -> Settings:
    """PUT /v1/storage/settings: replace the defaults for new files; absent fields are cleared."""
    settings = await read_json(request, Settings)
    acl = settings.initial_acl.to_acl() if settings.initial_acl else None
    defaults = FileDefaults(lifetime_seconds=settings.expiration_duration_seconds, acl=acl)
    await request.library.catalog.access.set_defaults(request.workspace_id, defaults)
    return settings


async def _file(request: AppRequest) -> File:
    """Return the caller's file at the URL in the query. [documented] That URL must not have a query of its own."""
    url = request.query_params.get("url", "")
    if not url or "?" in url:
        raise Invalid("url must be the full URL of a file, without a query.", param="url")
    return await own_file(request, url, param="url")


ROUTES = (get_acl, put_acl, sign, get_settings, put_settings)
