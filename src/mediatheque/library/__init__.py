"""The core: what a library can do, in verbs. No HTTP, no SQL, no vendor's words."""

from mediatheque.blobs import BlobStore
from mediatheque.library.access import Grants
from mediatheque.library.accounts import Accounts
from mediatheque.library.assets import Assets
from mediatheque.library.batches import Batches
from mediatheque.library.collections import Collections
from mediatheque.library.direct import DirectUploads
from mediatheque.library.files import Files
from mediatheque.library.folders import Folders
from mediatheque.library.idempotency import Idempotency
from mediatheque.library.intake import Intake
from mediatheque.library.parts import PartedUploads
from mediatheque.library.sweep import Sweep
from mediatheque.library.tags import Tags
from mediatheque.library.uploads import Uploads
from mediatheque.media.sandbox import Sandbox
from mediatheque.records.database import Database


class Library:
    """All verbs over one database, one store and one sandbox."""

    def __init__(self, database: Database, store: BlobStore, sandbox: Sandbox) -> None:
        self.database = database
        self.store = store
        self.sandbox = sandbox
        self.access = Grants(database)
        self.accounts = Accounts(database)
        self.assets = Assets(database)
        self.collections = Collections(database)
        self.files = Files(database)
        self.folders = Folders(database)
        self.idempotency = Idempotency(database)
        self.batches = Batches(database)
        self.intake = Intake(database, store, sandbox)
        self.direct_uploads = DirectUploads(database, store, self.intake)
        self.parted_uploads = PartedUploads(database, store, self.intake)
        self.sweep = Sweep(database, store)
        self.tags = Tags(database)
        self.uploads = Uploads(database)

    async def open(self, *, probing: bool = True) -> None:
        """Open what the verbs stand on. Without `probing`, the sandbox starts with the first file that it opens."""
        await self.database.open()
        self.sandbox.start(at_once=probing)

    async def close(self) -> None:
        """Close it again, in reverse."""
        await self.sandbox.close()
        await self.store.close()
        await self.database.close()

    async def ready(self) -> None:
        """Raise `DatabaseUnavailable` or `BlobsUnavailable` unless both answer."""
        await self.database.ready()
        await self.store.ready()
