"""Assets made of content that a request names instead of sending: a URL, another asset, bytes inside the request."""

from uuid import UUID

import msgspec

from mediatheque.errors import Conflict, TypeMismatch
from mediatheque.library.catalog.assets import Assets
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.catalog.files import Files
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.pipeline import Intake
from mediatheque.library.ingest.policy import MIB, Policy
from mediatheque.library.ingest.request import Body, IngestRequest
from mediatheque.model import Asset, File, Kind
from mediatheque.model.urls import normal_form

MAX_INLINE = 10 * MIB
"""Maximum size in bytes of content inside a request, which cannot be streamed."""


class RemoteContent(msgspec.Struct, frozen=True):
    """The content of a URL of another server, which `body` reads unless the file is stored already."""

    url: str
    body: Body
    max_bytes: int


class InlineContent(msgspec.Struct, frozen=True):
    """Content that came inside the request."""

    body: Body


class AssetContent(msgspec.Struct, frozen=True):
    """The content of an asset of the same workspace."""

    asset_id: UUID


AssetSource = File | RemoteContent | InlineContent | AssetContent
"""Where the content of a new asset comes from; a `File` is one of the same workspace."""


class Importer:
    """Operations on sources: make assets of them."""

    def __init__(self, intake: Intake, assets: Assets, files: Files) -> None:
        self._intake = intake
        self._assets = assets
        self._files = files

    async def import_asset(
        self,
        workspace_id: UUID,
        source: AssetSource,
        fields: AssetFields,
        claim: Claim | None = None,
        kinds: frozenset[Kind] | None = None,
    ) -> Asset:
        """Return the asset made of the source.

        The same file, and the same URL however it is spelled, is the same asset. Another asset's content becomes a new
        asset. Raises what `Intake.create_asset` and the source's body raise; `AssetNotFound`; `NotFound` when a file
        was deleted by a concurrent request; and `TypeMismatch` when the content is not of one of `kinds`.
        """
        match source:
            case File():
                return await self._register(source, fields, claim, kinds)
            case AssetContent(asset_id=id):
                original = (await self._assets.get(workspace_id, id)).file
                check_kind(original, kinds)
                return await self._files.copy(original, fields, claim)
            case InlineContent(body=body):
                policy = Policy(max_bytes=MAX_INLINE, kinds=kinds)
                return await self._intake.create_asset(_request(workspace_id, body, policy, fields, claim))
            case RemoteContent():
                return await self._import_url(workspace_id, source, fields, claim, kinds)

    async def _import_url(
        self,
        workspace_id: UUID,
        source: RemoteContent,
        fields: AssetFields,
        claim: Claim | None,
        kinds: frozenset[Kind] | None,
    ) -> Asset:
        file = await self._files.find_by_origin(workspace_id, source.url)
        if file is None:
            policy = Policy(max_bytes=source.max_bytes, kinds=kinds)
            request = _request(workspace_id, source.body, policy, fields, claim, origin_url=normal_form(source.url))
            try:
                return await self._intake.create_asset(request)
            except Conflict:  # a concurrent request may have stored the same URL
                file = await self._files.find_by_origin(workspace_id, source.url)
                if file is None:
                    raise
        return await self._register(file, fields, claim, kinds)

    async def _register(
        self, file: File, fields: AssetFields, claim: Claim | None, kinds: frozenset[Kind] | None
    ) -> Asset:
        check_kind(file, kinds)
        return await self._files.register(file, fields, claim)


def check_kind(file: File, kinds: frozenset[Kind] | None, *, param: str = "kind") -> None:
    """Raise `TypeMismatch` unless the file is of one of the kinds; None allows every kind."""
    media_info = file.blob.media_info
    if kinds is not None and media_info.kind not in kinds:
        raise TypeMismatch(f"The file is {media_info.mime}, not {', '.join(sorted(kinds))}.", param=param)


def _request(
    workspace_id: UUID,
    body: Body,
    policy: Policy,
    fields: AssetFields,
    claim: Claim | None,
    *,
    origin_url: str | None = None,
) -> IngestRequest:
    return IngestRequest(
        workspace_id=workspace_id,
        body=body,
        policy=policy,
        describe=lambda _: fields,
        claim=claim,
        origin_url=origin_url,
    )
