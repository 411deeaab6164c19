"""Replacing the content of an asset: by bytes that are sent, or by what a request names instead."""

from uuid import UUID

from mediatheque.library.catalog import CatalogServices
from mediatheque.library.catalog.assets import check_revision
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.pipeline import Intake
from mediatheque.library.ingest.policy import Policy
from mediatheque.library.ingest.request import Body, IngestRequest, Replacement
from mediatheque.library.ingest.sources import MAX_INLINE, AssetContent, AssetSource, InlineContent, RemoteContent
from mediatheque.media.formats import FORMATS
from mediatheque.model import Asset, File


class Replacements:
    """Operations on the content of assets: replace it, and keep what it was as a version.

    All of them raise `AssetNotFound`, `PreconditionFailed` when the asset has another revision than `if_match`, and
    `TypeMismatch` when the content is of another kind than the asset: what shows or uses the asset counts on its kind.
    The same content as the asset has changes nothing.
    """

    def __init__(self, intake: Intake, catalog: CatalogServices) -> None:
        self._intake = intake
        self._catalog = catalog

    async def replace(
        self,
        workspace_id: UUID,
        asset_id: UUID,
        body: Body,
        *,
        max_bytes: int,
        if_match: str | None = None,
        claim: Claim | None = None,
    ) -> Asset:
        """Store the body durably as the asset's content, and return the asset.

        The first two errors come before the body is read. Raises what `Intake.create_asset` and the body raise.
        """
        asset = await self._catalog.assets.get(workspace_id, asset_id)
        check_revision(asset, if_match)
        policy = Policy(
            max_bytes=max_bytes,
            kinds=frozenset({asset.kind}),
            allow_unknown_types=asset.file.blob.media_info.mime not in FORMATS,
        )
        request = IngestRequest(
            workspace_id=workspace_id,
            body=body,
            policy=policy,
            claim=claim,
            replaces=Replacement(asset_id, if_match),
        )
        asset = await self._intake.create_asset(request)
        await self._catalog.versions.delete_surplus(asset)
        return asset

    async def replace_by(
        self,
        workspace_id: UUID,
        asset_id: UUID,
        source: AssetSource,
        if_match: str | None = None,
        claim: Claim | None = None,
    ) -> Asset:
        """Replace the content by that of the source, and return the asset.

        A URL of another server is always read: what it has now is what counts. Raises `NotFound` when a file was
        deleted by a concurrent request, and what the source's body raises.
        """
        match source:
            case File():
                return await self._catalog.versions.take_content(workspace_id, asset_id, source, if_match, claim)
            case AssetContent(asset_id=id):
                file = (await self._catalog.assets.get(workspace_id, id)).file
                return await self._catalog.versions.take_content(workspace_id, asset_id, file, if_match, claim)
            case InlineContent(body=body):
                return await self.replace(
                    workspace_id, asset_id, body, max_bytes=MAX_INLINE, if_match=if_match, claim=claim
                )
            case RemoteContent(body=body, max_bytes=max_bytes):
                return await self.replace(
                    workspace_id, asset_id, body, max_bytes=max_bytes, if_match=if_match, claim=claim
                )
