"""Assets, files, folders and tags, the trash, and who may read files."""

from datetime import timedelta

from mediatheque.blobs import BlobStore
from mediatheque.library.catalog.access import AccessControl
from mediatheque.library.catalog.asset_tags import AssetTags
from mediatheque.library.catalog.assets import Assets
from mediatheque.library.catalog.bulk import BulkAssets
from mediatheque.library.catalog.duplicates import Duplicates
from mediatheque.library.catalog.files import Files
from mediatheque.library.catalog.folders import Folders
from mediatheque.library.catalog.lists import AssetLists
from mediatheque.library.catalog.tags import Tags
from mediatheque.library.catalog.trash import Trash
from mediatheque.library.catalog.versions import MAX_VERSIONS, Versions
from mediatheque.records.database import Database


class CatalogServices:
    """The operations on assets and what describes them, over one database and one store."""

    def __init__(
        self, database: Database, store: BlobStore, trash_time: timedelta, max_versions: int = MAX_VERSIONS
    ) -> None:
        self.access = AccessControl(database)
        self.bulk = BulkAssets(database, trash_time)
        self.asset_tags = AssetTags(database)
        self.assets = Assets(database)
        self.duplicates = Duplicates(database)
        self.files = Files(database, store)
        self.folders = Folders(database)
        self.lists = AssetLists(database)
        self.tags = Tags(database)
        self.trash = Trash(database, trash_time)
        self.versions = Versions(database, max_versions)
