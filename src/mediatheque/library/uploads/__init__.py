"""Uploads that take more than one request: sessions, multipart, direct to the store, batches."""

from mediatheque.blobs import BlobStore
from mediatheque.library.accounts.quotas import Quotas
from mediatheque.library.ingest.pipeline import Intake
from mediatheque.library.storage_keys import StorageKeys
from mediatheque.library.uploads.batches import Batches
from mediatheque.library.uploads.direct import DirectUploads
from mediatheque.library.uploads.multipart import MultipartUploads
from mediatheque.library.uploads.sessions import UploadSessions
from mediatheque.records.database import Database


class UploadServices:
    """The operations on uploads that are not one request, over one database and one store."""

    def __init__(self, database: Database, store: BlobStore, keys: StorageKeys, intake: Intake, quotas: Quotas) -> None:
        self.batches = Batches(database)
        self.direct = DirectUploads(database, store, keys, intake, quotas)
        self.multipart = MultipartUploads(database, store, intake, quotas)
        self.sessions = UploadSessions(database, quotas)
