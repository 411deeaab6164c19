"""The core: what a library can do, in verbs. No HTTP, no SQL, no vendor's words."""

import asyncio

from mediatheque.blobs import BlobStore
from mediatheque.embedding.config import EmbeddingConfig
from mediatheque.library.accounts import Accounts
from mediatheque.library.catalog.access import AccessControl
from mediatheque.library.catalog.asset_tags import AssetTags
from mediatheque.library.catalog.assets import Assets
from mediatheque.library.catalog.favorites import Favorites
from mediatheque.library.catalog.files import Files
from mediatheque.library.catalog.folders import Folders
from mediatheque.library.catalog.tags import Tags
from mediatheque.library.collections.characters import Characters
from mediatheque.library.collections.collections import Collections
from mediatheque.library.collections.hierarchy import CollectionTree
from mediatheque.library.collections.members import Members
from mediatheque.library.collections.smart import SmartCollections
from mediatheque.library.idempotency import Idempotency
from mediatheque.library.ingest.pipeline import Intake
from mediatheque.library.lineage.traverse import LineageGraphs
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.library.search.embedding_models import EmbeddingModels
from mediatheque.library.search.embeddings import Embeddings
from mediatheque.library.search.examples import ExampleVectors
from mediatheque.library.search.hybrid import Search
from mediatheque.library.search.reindex import Reindex
from mediatheque.library.search.similar import SimilarAssets
from mediatheque.library.uploads.batches import Batches
from mediatheque.library.uploads.direct import DirectUploads
from mediatheque.library.uploads.multipart import MultipartUploads
from mediatheque.library.uploads.sessions import UploadSessions
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.records.database import Database


class Library:
    """All verbs over one database, one store and one sandbox."""

    def __init__(
        self, database: Database, store: BlobStore, sandbox: Sandbox, embedding: EmbeddingConfig | None = None
    ) -> None:
        self.database = database
        self.store = store
        self.sandbox = sandbox
        self.access = AccessControl(database)
        self.accounts = Accounts(database)
        self.assets = Assets(database)
        self.characters = Characters(database)
        self.collections = Collections(database)
        self.favorites = Favorites(database)
        self.files = Files(database)
        self.folders = Folders(database)
        self.idempotency = Idempotency(database)
        self.members = Members(database)
        self.collection_tree = CollectionTree(database)
        self.batches = Batches(database)
        self.intake = Intake(database, store, sandbox)
        self.lineage = LineageGraphs(database)
        self.direct_uploads = DirectUploads(database, store, self.intake)
        self.multipart_uploads = MultipartUploads(database, store, self.intake)
        self.embedding_models = EmbeddingModels(database, embedding or EmbeddingConfig())
        self.embeddings = Embeddings(database, store, sandbox, self.embedding_models)
        self.search = Search(
            database, self.embedding_models, ExampleVectors(database, self.embedding_models, self.embeddings)
        )
        self.smart_collections = SmartCollections(self.search)
        self.similar = SimilarAssets(database, self.embedding_models)
        self.reindex = Reindex(database, self.embedding_models, self.embeddings)
        self.garbage = GarbageCollector(database, store)
        self.asset_tags = AssetTags(database)
        self.tags = Tags(database)
        self.upload_sessions = UploadSessions(database)

    async def open(self, *, start_media: bool = True) -> None:
        """Open what the verbs stand on. Without `start_media`, what opens files and loads models starts when needed."""
        preparing = asyncio.ensure_future(self.embedding_models.prepare()) if start_media else None
        await self.database.open()
        self.sandbox.start(at_once=start_media)
        if preparing:
            await preparing

    async def close(self) -> None:
        """Close it again, in reverse."""
        await self.embedding_models.close()
        await self.sandbox.close()
        await self.store.close()
        await self.database.close()

    async def ready(self) -> None:
        """Raise `DatabaseUnavailable` or `BlobsUnavailable` unless both answer."""
        await self.database.ready()
        await self.store.ready()
