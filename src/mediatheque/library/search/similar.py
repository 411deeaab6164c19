"""What else in the library is like an asset, or is the same again."""

from uuid import UUID

import msgspec

from mediatheque.errors import AssetNotFound
from mediatheque.library.search.embedding_models import EmbeddingModels
from mediatheque.model import Asset
from mediatheque.records.catalog import assets
from mediatheque.records.database import Database
from mediatheque.records.search import similar


class SimilarAsset(msgspec.Struct, frozen=True):
    """Another asset. `similarity` is the cosine of the two contents, 0 for less, 1 for the same bytes.

    `identical`: its bytes are the same. `duplicate`: they are, or the model sees the same picture: scaled, compressed
    anew or cropped a little.
    """

    asset: Asset
    similarity: float
    identical: bool
    duplicate: bool


class SimilarAssets:
    """Compares the contents of a workspace's assets, in the active space."""

    def __init__(self, database: Database, models: EmbeddingModels) -> None:
        self._database = database
        self._models = models

    async def find(self, workspace_id: UUID, asset_id: UUID, limit: int) -> list[SimilarAsset]:
        """The assets most like this one, itself not among them; those with the same bytes first. `AssetNotFound`.

        Only those where nothing has been seen yet, or nothing can be, are found by their bytes alone.
        """
        model = await self._models.active()
        least = (await self._models.embedder(model)).duplicate_similarity
        async with self._database.connection() as conn:
            asset = await assets.find(conn, workspace_id, asset_id)
            if asset is None:
                raise AssetNotFound
            same = await similar.identical(conn, asset, limit)
            alike = await similar.nearest_to(conn, model, asset, limit)
            found = {each.id: each for each in await assets.lock_by_ids(conn, workspace_id, [*same, *alike])}
        cosines = {**alike, **dict.fromkeys(same, 1.0)}
        order = [*same, *(id for id in alike if id not in same)]
        return [
            SimilarAsset(found[id], min(1.0, max(0.0, cosines[id])), id in same, id in same or cosines[id] >= least)
            for id in order
            if id in found
        ][:limit]
