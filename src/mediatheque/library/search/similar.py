"""Assets with content that is the same as another asset's, or similar to it."""

from uuid import UUID

import msgspec

from mediatheque.errors import AssetNotFound
from mediatheque.library.search.embedding_models import EmbeddingModels
from mediatheque.library.search.encoders import Encoders
from mediatheque.library.search.ranking import similarity_of
from mediatheque.model import Asset
from mediatheque.records.catalog import assets
from mediatheque.records.database import Database
from mediatheque.records.search import similar


class SimilarAsset(msgspec.Struct, frozen=True):
    """Another asset. `similarity` is the cosine of the two contents' vectors, 0 for less, 1 for the same bytes.

    `identical`: its bytes are the same. `duplicate`: they are, or the model takes both for one picture: scaled,
    compressed again or cropped a little.
    """

    asset: Asset
    similarity: float
    identical: bool
    duplicate: bool


class SimilarAssets:
    """Comparison of assets' contents in a workspace, by the vectors of the active model."""

    def __init__(self, database: Database, encoders: Encoders, models: EmbeddingModels) -> None:
        self._database = database
        self._encoders = encoders
        self._models = models

    async def find(self, workspace_id: UUID, asset_id: UUID, limit: int) -> list[SimilarAsset]:
        """Return the assets most similar to this one, without itself; those with the same bytes first.

        An asset without vectors has only those with the same bytes. Raises AssetNotFound.
        """
        model = await self._models.active()
        threshold = (await self._encoders.get(model)).duplicate_similarity
        async with self._database.connection() as conn:
            asset = await assets.find(conn, workspace_id, asset_id)
            if asset is None:
                raise AssetNotFound
            same = await similar.identical(conn, asset, limit)
            near = await similar.nearest_to(conn, model, asset, limit)
            found = {each.id: each for each in await assets.find_by_ids(conn, workspace_id, [*same, *near])}
        cosines = {**near, **dict.fromkeys(same, 1.0)}
        order = [*same, *(id for id in near if id not in same)]
        return [
            SimilarAsset(found[id], similarity_of(cosines[id]), id in same, id in same or cosines[id] >= threshold)
            for id in order
            if id in found
        ][:limit]
