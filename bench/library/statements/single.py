"""Single assets and collections, and the worker's rounds."""

import msgspec

from bench.library.seeded import SeededLibrary
from bench.library.statements.base import Example, Statement
from mediatheque.library.catalog.assets import MAX_COUNT
from mediatheque.model import CollectionType
from mediatheque.records.catalog import assets, tags
from mediatheque.records.collections import collections
from mediatheque.records.database import Connection
from mediatheque.records.search import embeddings


def statements(stock: SeededLibrary, example: Example) -> list[Statement]:
    own, id = stock.workspace_id, example.asset.id
    collection = stock.collection_id
    reindexing = msgspec.structs.replace(example.model, id=example.model.id + 1)
    return [
        Statement(
            "get: an asset", "One row by its key, and what belongs to it.", lambda conn: assets.find(conn, own, id)
        ),
        Statement("get: an asset's tags", "The same.", lambda conn: tags.list_of_asset(conn, own, id)),
        Statement(
            "get: a collection with the number of its members",
            "Counted like a list, no further than is shown.",
            lambda conn: collections.find(conn, own, collection, (CollectionType.MANUAL,), max_count=MAX_COUNT),
        ),
        Statement(
            "reindex: what another model has not seen",
            "Assets from the position on, each looked up among the vectors, until a batch is full.",
            lambda conn: embeddings.list_unembedded(conn, reindexing, id, 100),
        ),
        Statement(
            "queue: the next task, of 20,000",
            "The index of waiting jobs has the next one in front; that of locks tells that nobody is at it.",
            _fetch,
        ),
    ]


async def _fetch(conn: Connection) -> None:
    async with conn.transaction(force_rollback=True):
        await conn.execute("SELECT * FROM procrastinate_fetch_job_v2(ARRAY['embed_asset'], NULL)")
