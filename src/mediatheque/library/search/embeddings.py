"""Vectors of assets, which the worker makes for each new asset with every model of the library."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from mediatheque.blobs import BlobStore
from mediatheque.errors import ModelUnavailable, NotFound, Unreadable
from mediatheque.library.search.embedding_models import EmbeddingModels
from mediatheque.library.search.encoders import Encoders
from mediatheque.media.formats import FORMATS
from mediatheque.media.frames import Frame
from mediatheque.media.sandbox.sandbox import Sandbox, Unexamined
from mediatheque.model import Asset, Blob, BlobState, EmbeddingModel, Kind
from mediatheque.records.database import Database
from mediatheque.records.search import embeddings as rows
from mediatheque.records.search.embeddings import AssetVectors
from mediatheque.records.storage import blobs

_Decoded = tuple[list[Frame], Unreadable | NotFound | None]
"""Frames, or none and why."""
_log = structlog.get_logger()


class Embeddings:
    """Maker of assets' vectors: one of the content, one of the caption."""

    def __init__(
        self, database: Database, store: BlobStore, sandbox: Sandbox, encoders: Encoders, models: EmbeddingModels
    ) -> None:
        self._database = database
        self._store = store
        self._sandbox = sandbox
        self._encoders = encoders
        self._models = models

    async def embed(self, asset_id: UUID) -> None:
        """Make the asset's vectors with every model; a task that may be repeated.

        An asset that is gone is skipped. Of a file that cannot be read the failure is stored, and the caption's vector.
        """
        await self.embed_in(await self._models.list_all(), asset_id)

    async def embed_in(self, models: Sequence[EmbeddingModel], asset_id: UUID) -> None:
        """Make the asset's vectors with these models, and store them in place of older ones.

        Raises ModelUnavailable for the first model alone. Another one is skipped when it cannot be loaded: the reindex
        that prepares it embeds what it lacks.
        """
        asset = await self._find(asset_id)
        if asset is None:
            return
        decoded: dict[int, _Decoded] = {}
        for model in models:
            try:
                edge = await self._encoders.frame_edge(model)
                if edge not in decoded:
                    decoded[edge] = await self._frames_or_failure(asset, edge)
                    await self._store_state(asset.file.blob, *decoded[edge])
                vectors = await self._vectors(model, asset, *decoded[edge])
            except ModelUnavailable:
                if model is models[0]:
                    raise
            else:
                async with self._database.connection() as conn:
                    await rows.put(conn, asset, model, vectors)

    async def store_failure(self, model: EmbeddingModel, asset_id: UUID, reason: str) -> None:
        """Store that the model has no vectors of the asset, and why."""
        asset = await self._find(asset_id)
        if asset:
            async with self._database.connection() as conn:
                await rows.put(conn, asset, model, AssetVectors(failure=reason))

    async def _find(self, asset_id: UUID) -> Asset | None:
        async with self._database.connection() as conn:
            return await rows.find(conn, asset_id)

    async def frames_of(self, blob: Blob, edge: int) -> list[Frame]:
        """Decode frames whose shorter side is at most `edge`; an empty list for content without pictures, like sound.

        Raises Unreadable when the decoder refuses the file, and NotFound when its bytes are missing.
        """
        format = FORMATS.get(blob.media_info.mime)
        if format is None:
            return []
        try:
            async with self._store.open_local(blob.storage_key) as copy:
                return await self._sandbox.frames(copy.path, format, edge=edge)
        except (FileNotFoundError, NotFound) as error:
            raise NotFound("The file is not there.") from error

    async def _frames_or_failure(self, asset: Asset, edge: int) -> _Decoded:
        try:
            return await self.frames_of(asset.file.blob, edge), None
        except (Unreadable, NotFound) as error:
            _log.warning("asset_not_decoded", asset=str(asset.id), reason=error.message)
            return [], error

    async def _store_state(self, blob: Blob, frames: list[Frame], failure: Unreadable | NotFound | None) -> None:
        """Store in the blob whether its pixels decode. Of missing bytes nothing is known."""
        state, reason = _state(blob, frames, failure)
        if not isinstance(failure, NotFound) and (state, reason) != (blob.state, blob.state_reason):
            async with self._database.connection() as conn:
                await blobs.set_state(conn, blob, state, reason)

    async def _vectors(
        self, model: EmbeddingModel, asset: Asset, frames: list[Frame], failure: Unreadable | NotFound | None
    ) -> AssetVectors:
        """Encode frames and caption; the title of an asset that has neither."""
        text = asset.caption or ("" if frames else asset.title)
        return AssetVectors(
            content=await self._encoders.encode_frames(model, frames) if frames else None,
            caption=(await self._encoders.encode_texts(model, [text]))[0] if text.strip() else None,
            failure=failure.message if failure else None,
        )


def _state(
    blob: Blob, frames: list[Frame], failure: Unreadable | NotFound | None
) -> tuple[BlobState | None, str | None]:
    """Return the blob's state and the reason. A video without frames may be one of a codec that is unknown here."""
    if failure:
        return BlobState.UNDECODED if isinstance(failure, Unexamined) else BlobState.DAMAGED, failure.message
    if blob.media_info.kind is Kind.VIDEO and not frames:
        return BlobState.UNDECODED, "No picture of the video can be decoded."
    return None, None
