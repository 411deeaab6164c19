"""Garbage, expired uploads, deleted workspaces, lost work, blobs to read again, and whether rows and bytes agree."""

from datetime import timedelta

from mediatheque.blobs import BlobStore
from mediatheque.library.maintenance.deleted_workspaces import DeletedWorkspaces
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.library.maintenance.lost_work import LostWork
from mediatheque.library.maintenance.unread_blobs import UnreadBlobs
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.records.database import Database


class MaintenanceServices:
    """What keeps the database and the store free of what nothing refers to, and the queue and the rows complete."""

    def __init__(self, database: Database, store: BlobStore, sandbox: Sandbox, trash_time: timedelta) -> None:
        self.deleted_workspaces = DeletedWorkspaces(database, store)
        self.garbage = GarbageCollector(database, store, trash_time=trash_time)
        self.lost_work = LostWork(database)
        self.unread_blobs = UnreadBlobs(database, store, sandbox)
