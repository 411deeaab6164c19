"""Garbage collection, expired uploads, and the check that rows and bytes agree."""

from mediatheque.blobs import BlobStore
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.records.database import Database


class MaintenanceServices:
    """What keeps the database and the store free of what nothing refers to."""

    def __init__(self, database: Database, store: BlobStore) -> None:
        self.garbage = GarbageCollector(database, store)
