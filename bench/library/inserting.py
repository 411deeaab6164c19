"""(i) Assets and vectors, inserted one by one as the library does it, all indexes on: four at once from one process.

Each is a pending write, a statement with blob, file, asset and a task for the worker, as an upload makes it, and one
with the vector, as the worker makes it. They go into the other workspace, and so into the same indexes.
"""

import asyncio
import os
import time
from datetime import UTC, datetime
from uuid import uuid4

import numpy as np

from bench.library.content import PHRASES, WORDS
from bench.library.figures import Figure, Figures
from bench.library.seeded import SeededLibrary
from mediatheque.library.catalog.assets import new_asset
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.tasks import job_of
from mediatheque.model import Blob, EmbeddingModel, File, Kind, MediaInfo
from mediatheque.records.catalog.record import record_file
from mediatheque.records.database import Database, DatabaseConfig
from mediatheque.records.search import embedding_models, embeddings
from mediatheque.records.search.embeddings import AssetVectors
from mediatheque.records.storage import pending_writes

ROW = "(i) assets inserted, every index on, assets/s"
_AT_ONCE = 4
_FACTS = MediaInfo(mime="image/png", kind=Kind.IMAGE, width=100, height=100)


def measure(stock: SeededLibrary, figures: Figures, count: int) -> None:
    seconds = asyncio.run(_insert(stock, count))
    figures.add(Figure(ROW, stock.size, count / seconds))


async def _insert(stock: SeededLibrary, count: int) -> float:
    """Seconds."""
    random = np.random.default_rng(stock.size)
    about = random.integers(0, len(PHRASES), count)
    vectors = stock.shape.pictures(random, about).tolist()
    waiting = iter(zip(about.tolist(), vectors, strict=True))

    async def some(database: Database, model: EmbeddingModel) -> None:
        for phrase, vector in waiting:
            await _one(database, model, stock, PHRASES[phrase], vector)

    async with Database(DatabaseConfig(url=stock.url, pool_min=_AT_ONCE)) as database:
        async with database.connection() as conn:
            [model, *_] = await embedding_models.list_all(conn)
        began = time.perf_counter()
        async with asyncio.TaskGroup() as work:
            for _ in range(_AT_ONCE):
                work.create_task(some(database, model))
        return time.perf_counter() - began


async def _one(
    database: Database, model: EmbeddingModel, stock: SeededLibrary, caption: str, vector: list[float]
) -> None:
    own, id = stock.other.workspace_id, uuid4()
    blob = Blob(id=id, workspace_id=own, sha256=os.urandom(32), size=1000, storage_key=id.hex, media_info=_FACTS)
    file = File(id=uuid4(), workspace_id=own, name=f"{id.hex}.png", created_at=datetime.now(UTC), blob=blob)
    asset = new_asset(file, AssetFields(title=f"{WORDS[id.int % len(WORDS)]} {caption}"))
    async with database.connection() as conn:
        await pending_writes.begin(conn, [blob.storage_key])
        await record_file(conn, file, asset, job_of("embed_asset", asset_id=asset.id))
    async with database.connection() as conn:
        await embeddings.put(conn, asset, model, AssetVectors(content=vector))
