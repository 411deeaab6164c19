"""All subjects of the library, over one database, one store and one sandbox."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from mediatheque.blobs import BlobStore
from mediatheque.embedding.config import EmbeddingConfig
from mediatheque.errors import BlobsUnavailable, DatabaseUnavailable
from mediatheque.library.accounts import Accounts
from mediatheque.library.catalog import CatalogServices
from mediatheque.library.catalog.trash import TRASH_TIME
from mediatheque.library.catalog.versions import MAX_VERSIONS
from mediatheque.library.collections import CollectionServices
from mediatheque.library.idempotency import Idempotency
from mediatheque.library.ingest.pipeline import Intake
from mediatheque.library.ingest.replacements import Replacements
from mediatheque.library.ingest.sources import Importer
from mediatheque.library.keep.config import KeepConfig
from mediatheque.library.keep.provider import Provider
from mediatheque.library.keep.services import KeepServices
from mediatheque.library.lineage.traverse import LineageGraphs
from mediatheque.library.maintenance import MaintenanceServices
from mediatheque.library.readiness import Readiness
from mediatheque.library.search import SearchServices
from mediatheque.library.storage_keys import StorageKeys
from mediatheque.library.store_identity import StoreIdentity
from mediatheque.library.tasks import TaskQueue
from mediatheque.library.uploads import UploadServices
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.records.database import Database


class Library:
    """All operations over one database, one store and one sandbox."""

    def __init__(
        self,
        database: Database,
        store: BlobStore,
        sandbox: Sandbox,
        embedding: EmbeddingConfig | None = None,
        *,
        trash_time: timedelta = TRASH_TIME,
        max_versions: int = MAX_VERSIONS,
        keep: KeepConfig | None = None,
        providers: Mapping[str, Provider] | None = None,
    ) -> None:
        """`trash_time` is how long assets stay in the trash; with 0 they are deleted at once."""
        self.database = database
        self.store = store
        self.sandbox = sandbox
        self.store_identity = StoreIdentity(database, store)
        self._readiness = Readiness({DatabaseUnavailable: database.ready, BlobsUnavailable: self._check_store})
        self.accounts = Accounts(database)
        self.idempotency = Idempotency(database)
        self.tasks = TaskQueue(database)
        self.storage_keys = StorageKeys(database, store)
        self.ingest = Intake(database, store, self.storage_keys, sandbox, self.accounts.quotas)
        self.lineage = LineageGraphs(database)
        self.search = SearchServices(database, store, sandbox, embedding or EmbeddingConfig())
        self.catalog = CatalogServices(database, store, trash_time, max_versions)
        self.collections = CollectionServices(database, self.search.hybrid)
        self.importer = Importer(self.ingest, self.catalog.assets, self.catalog.files)
        self.replacements = Replacements(self.ingest, self.catalog)
        self.uploads = UploadServices(database, store, self.storage_keys, self.ingest, self.accounts.quotas)
        self.keep = KeepServices(database, self.ingest, self.importer, keep or KeepConfig(), providers or {})
        self.maintenance = MaintenanceServices(database, store, sandbox, trash_time)

    async def open(self, *, start_media: bool = True) -> None:
        """Open the database and start the sandbox.

        With `start_media`, decoder processes and the embedding model start now, otherwise when first used.
        """
        preparing = asyncio.ensure_future(self.search.encoders.prepare()) if start_media else None
        await self.database.open()
        await self.store_identity.open()
        self.sandbox.start(eager=start_media)
        if preparing:
            await preparing

    async def close(self) -> None:
        """Close everything, in reverse order."""
        await self._readiness.close()
        await self.search.encoders.close()
        await self.sandbox.close()
        await self.store_identity.close()
        await self.storage_keys.close()
        await self.store.close()
        await self.database.close()

    async def ready(self) -> None:
        """Raise `DatabaseUnavailable` or `BlobsUnavailable` unless the database and its own store answer, in 2 s."""
        await self._readiness.check()

    async def _check_store(self) -> None:
        await self.store_identity.follow()
        await self.store.ready()
