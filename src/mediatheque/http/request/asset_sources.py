"""Sources of new assets as requests name them, in JSON, and the files behind URLs of this server."""

import asyncio
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

import msgspec

from mediatheque.errors import AssetNotFound, Invalid, LibraryError, NotFound, TooLarge, Unacceptable, UrlRefused
from mediatheque.http.context import AppRequest
from mediatheque.http.fetch.fetch import RemoteBody
from mediatheque.http.request.query import parse_id
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.request import ByteSink
from mediatheque.library.ingest.sources import (
    MAX_INLINE,
    AssetContent,
    AssetSource,
    InlineContent,
    RemoteContent,
    check_kind,
)
from mediatheque.model import Asset, DeclaredMetadata, File, Kind


class UrlInput(msgspec.Struct, frozen=True, tag="url", tag_field="type"):
    """A file at a URL: of this library, or of a host on the allow-list."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class AssetIdInput(msgspec.Struct, frozen=True, tag="asset_id", tag_field="type"):
    """The content of another asset of the workspace."""

    asset_id: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Base64Input(msgspec.Struct, frozen=True, tag="base64", tag_field="type"):
    """The bytes themselves, as base64; `media_type` is a hint."""

    media_type: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    data: Annotated[str, msgspec.Meta(min_length=1)]

    @property
    def min_size(self) -> int:
        """The number of bytes, less the padding that there may be."""
        return max(0, len(self.data) * 3 // 4 - 2)

    async def stream_to(self, sink: ByteSink) -> DeclaredMetadata:
        """Write the decoded bytes to the sink. Raises `Invalid` and `TooLarge`."""
        if len(self.data) > MAX_INLINE * 4 // 3 + 4:
            raise TooLarge(MAX_INLINE, param="data")
        try:
            content = await asyncio.to_thread(b64decode, self.data, validate=True)
        except ValueError:
            raise Invalid("data is not base64.", param="data") from None
        await sink.write(content)
        return DeclaredMetadata(type=self.media_type)


AssetInput = UrlInput | AssetIdInput | Base64Input
_FIELDS = {UrlInput: "url", AssetIdInput: "asset_id", Base64Input: "data"}
"""The field that names the content, by the kind of source."""


async def import_asset(
    request: AppRequest,
    source: AssetInput,
    fields: AssetFields,
    claim: Claim | None,
    kinds: frozenset[Kind] | None = None,
    *,
    within: str = "",
) -> Asset:
    """Return the asset made of the source, which is the field `within` of the body; see `Importer.import_asset`.

    Raises `NotFound` for a URL of this server without a file of the workspace, `UrlRefused` and `FetchFailed` as well.
    """
    importer = request.library.importer
    with _naming_field(source, within):
        asset = await importer.import_asset(request.workspace_id, await _resolve(request, source), fields, claim, kinds)
    if fields.updates:
        await request.library.catalog.versions.delete_surplus(asset)
    return asset


async def replace_content(
    request: AppRequest, asset_id: UUID, source: AssetInput, if_match: str | None, claim: Claim | None
) -> Asset:
    """Replace the asset's content by the source's, and return it; see `Replacements.replace_by`.

    Raises `NotFound`, `UrlRefused` and `FetchFailed` as `import_asset` does.
    """
    replacements = request.library.replacements
    with _naming_field(source, "source"):
        return await replacements.replace_by(
            request.workspace_id, asset_id, await _resolve(request, source), if_match, claim
        )


@contextmanager
def _naming_field(source: AssetInput, within: str) -> Iterator[None]:
    """Let refusals of the content name the field of the source: there is no form here."""
    field = _FIELDS[type(source)]
    try:
        yield
    except LibraryError as error:
        names_none = isinstance(error, Unacceptable | UrlRefused) and error.param in (None, "file")
        if names_none or error.param == field:
            error.param = f"{within}.{field}" if within else field
        raise


async def own_file(request: AppRequest, url: str, *, param: str, kind: Kind | None = None) -> File:
    """Return the workspace's file at a URL of this server.

    Raises `NotFound` for any other URL, and `TypeMismatch` when the file is not of the kind.
    """
    context = request.context
    id = context.origins.file_id(request, url)
    file = await context.library.catalog.files.find(request.workspace_id, id) if id else None
    if file is None:
        raise NotFound("No file of this library is at that URL.", param=param)
    check_kind(file, None if kind is None else frozenset({kind}), param=param)
    return file


async def _resolve(request: AppRequest, source: AssetInput) -> AssetSource:
    match source:
        case AssetIdInput(asset_id=id):
            return AssetContent(parse_id(id, AssetNotFound(param="asset_id")))
        case Base64Input():
            return InlineContent(source)
        case UrlInput(url=url):
            context = request.context
            if context.origins.is_ours(request, url):
                return await own_file(request, url, param="url")
            fetch = request.context.fetch
            return RemoteContent(url, RemoteBody(url, fetch), fetch.max_bytes)
