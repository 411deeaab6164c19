"""What assets mean, as vectors: made by the worker for each new asset, in every space that there is."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from mediatheque.blobs import BlobStore
from mediatheque.errors import ModelUnavailable, NotFound, Unreadable
from mediatheque.library.search.embedding_models import EmbeddingModels
from mediatheque.media.formats import FORMATS
from mediatheque.media.frames import Frame
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import Asset, Blob
from mediatheque.records.database import Database
from mediatheque.records.search import embeddings as rows
from mediatheque.records.search.embedding_models import EmbeddingModel
from mediatheque.records.search.embeddings import AssetVectors

_log = structlog.get_logger()


class Embeddings:
    """Makes the vectors of assets: one of what they show, one of their caption."""

    def __init__(self, database: Database, store: BlobStore, sandbox: Sandbox, models: EmbeddingModels) -> None:
        self._database = database
        self._store = store
        self._sandbox = sandbox
        self._models = models

    async def embed(self, asset_id: UUID) -> None:
        """A task: what the asset means, in every space. Done again, it replaces what was there.

        Nothing, if the asset is gone. A file that cannot be read is noted as such, and its caption is enough.
        """
        await self.embed_in(await self._models.list_all(), asset_id)

    async def embed_in(self, models: Sequence[EmbeddingModel], asset_id: UUID) -> None:
        """The same, in these spaces.

        One that is not active yet may be left out: the reindex that makes it looks for what it lacks.
        """
        asset = await self._find(asset_id)
        if asset is None:
            return
        frames, failure = await self._frames_or_failure(asset)
        for model in models:
            try:
                meaning = await self._vectors(model, asset, frames, failure)
            except ModelUnavailable:
                if model is models[0]:
                    raise
            else:
                async with self._database.transaction() as conn:
                    await rows.put(conn, asset, model, meaning)

    async def give_up(self, model: EmbeddingModel, asset_id: UUID, reason: str) -> None:
        """Note that the asset has no vectors in the space, and why."""
        asset = await self._find(asset_id)
        if asset:
            async with self._database.transaction() as conn:
                await rows.put(conn, asset, model, AssetVectors(failure=reason))

    async def _find(self, asset_id: UUID) -> Asset | None:
        async with self._database.connection() as conn:
            return await rows.find(conn, asset_id)

    async def frames_of(self, blob: Blob) -> list[Frame]:
        """Small pictures of the content; none if it has nothing to see. Raises `Unreadable`, `NotFound`."""
        format = FORMATS.get(blob.media_info.mime)
        if format is None:
            return []
        try:
            async with self._store.open_local(blob.storage_key) as copy:
                return await self._sandbox.frames(copy.path, format)
        except (FileNotFoundError, NotFound) as error:
            raise NotFound("The file is not there.") from error

    async def _frames_or_failure(self, asset: Asset) -> tuple[list[Frame], str | None]:
        try:
            return await self.frames_of(asset.file.blob), None
        except (Unreadable, NotFound) as error:
            _log.warning("asset not seen", asset=str(asset.id), reason=error.message)
            return [], error.message

    async def _vectors(
        self, model: EmbeddingModel, asset: Asset, frames: list[Frame], failure: str | None
    ) -> AssetVectors:
        """Where there is nothing to see, and no caption, the title is what is known."""
        text = asset.caption or ("" if frames else asset.title)
        return AssetVectors(
            content=await self._models.encode_frames(model, frames) if frames else None,
            caption=(await self._models.encode_texts(model, [text]))[0] if text.strip() else None,
            failure=failure,
        )
