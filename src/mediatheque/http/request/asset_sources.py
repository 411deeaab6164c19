"""A source that a request names, made into an asset."""

from typing import Any

from litestar import Request

from mediatheque.errors import AssetNotFound, Conflict, Invalid, NotFound, TypeMismatch
from mediatheque.http.context import context_of
from mediatheque.http.fetch.fetch import RemoteBody
from mediatheque.http.request.auth import principal_of
from mediatheque.http.request.query import parse_id
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.policy import Policy
from mediatheque.library.ingest.request import IngestRequest
from mediatheque.library.ingest.sources import MAX_INLINE, AssetSource, FromAsset, FromBase64
from mediatheque.model import Asset, File, Kind


async def asset_from(
    request: Request[Any, Any, Any],
    source: AssetSource,
    details: AssetFields,
    claim: Claim | None,
    kinds: frozenset[Kind] | None = None,
) -> Asset:
    """The asset made of the source: a URL of ours is registered, another is fetched, an asset's content is used again.

    The same URL is the same asset. Raises what the intake raises, `NotFound`, `UrlRefused` and `FetchFailed`; and
    `TypeMismatch` for content of other than the wanted kinds.
    """
    library, workspace_id = context_of(request).library, principal_of(request).workspace_id
    if isinstance(source, FromAsset):
        original = await library.catalog.assets.get(
            workspace_id, parse_id(source.asset_id, AssetNotFound(param="asset_id"))
        )
        _expect(original.file, kinds)
        return await library.catalog.files.copy(original.file, details, claim)
    if isinstance(source, FromBase64):
        policy = Policy(max_bytes=MAX_INLINE, kinds=kinds)
        return await library.ingest.create_asset(_ingest_request(request, source, policy, details, claim))
    return await _from_url(request, source.url, details, claim, kinds)


async def _from_url(
    request: Request[Any, Any, Any],
    url: str,
    details: AssetFields,
    claim: Claim | None,
    kinds: frozenset[Kind] | None,
) -> Asset:
    context = context_of(request)
    file = await _stored(request, url)
    if file is None:
        policy = Policy(max_bytes=context.fetch.max_bytes, kinds=kinds)
        body = RemoteBody(url, context.fetch)
        try:
            return await context.library.ingest.create_asset(
                _ingest_request(request, body, policy, details, claim, origin_url=url)
            )
        except Conflict:
            file = await _stored(request, url)
            if file is None:
                raise
    _expect(file, kinds)
    return await context.library.catalog.files.register(file, details, claim)


async def own_file(request: Request[Any, Any, Any], url: str, *, param: str, kind: Kind | None = None) -> File:
    """The caller's own file at a URL of ours; `NotFound` for any other URL, `TypeMismatch` for another kind."""
    context = context_of(request)
    id = context.origins.file_id(request, url)
    file = await context.library.catalog.files.find(principal_of(request).workspace_id, id) if id else None
    if file is None:
        raise NotFound("No file of this library is at that URL.", param=param)
    _expect(file, None if kind is None else frozenset({kind}), param=param)
    return file


def _expect(file: File, kinds: frozenset[Kind] | None, *, param: str = "type") -> None:
    media_info = file.blob.media_info
    if kinds is not None and media_info.kind not in kinds:
        raise TypeMismatch(f"The file is {media_info.mime}, not {', '.join(sorted(kinds))}.", param=param)


async def _stored(request: Request[Any, Any, Any], url: str) -> File | None:
    """The file behind the URL, if it is here; `NotFound` for a URL of ours that names no file of this workspace."""
    context, workspace_id = context_of(request), principal_of(request).workspace_id
    if not context.origins.is_ours(request, url):
        if not url.isascii():
            raise Invalid("A URL has ASCII characters only; escape the others.", param="url")
        return await context.library.catalog.files.find_by_origin(workspace_id, url)
    return await own_file(request, url, param="url")


def _ingest_request(
    request: Request[Any, Any, Any],
    body: RemoteBody | FromBase64,
    policy: Policy,
    details: AssetFields,
    claim: Claim | None,
    *,
    origin_url: str | None = None,
) -> IngestRequest:
    return IngestRequest(
        workspace_id=principal_of(request).workspace_id,
        body=body,
        policy=policy,
        describe=lambda _: details,
        claim=claim,
        origin_url=origin_url,
    )
