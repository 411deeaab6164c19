"""The state that passes through the pipeline."""

from datetime import UTC, datetime
from functools import cached_property
from uuid import uuid4

import uuid_utils.compat as uuids

from mediatheque.blobs import HashedFile
from mediatheque.errors import InvariantError
from mediatheque.library.accounts.quotas import Room
from mediatheque.library.ingest.request import IngestRequest
from mediatheque.media.formats import FORMATS
from mediatheque.model import Asset, Blob, DeclaredMetadata, EmbeddedMetadata, File, Format, Kind, MediaInfo


class IngestState:
    """What the steps have found out so far about one request.

    `local` is the content, in memory or as a local file. `stored_key` is its key in the store, `duplicate` a blob with
    the same content, and `broken_key` the key of such a blob whose bytes are missing or cut. The ids and the time of
    the new file and asset are chosen once, so that writing their rows can be repeated. `room` is what the workspace may
    add, None for no limit.
    """

    def __init__(self, request: IngestRequest, local: HashedFile, room: Room | None = None) -> None:
        self.request = request
        self.local = local
        self.room = room
        self.file_id = request.upload.file_id if request.upload else uuid4()
        self.asset_id = uuids.uuid7()
        self.declared = DeclaredMetadata()
        self.format: Format | None = None
        self.media_info: MediaInfo | None = None
        self.embedded: EmbeddedMetadata | None = None
        self.duplicate: Blob | None = None
        self.broken_key: str | None = None
        self.stored_key: str | None = None
        self.blob: Blob | None = None
        self.file: File | None = None
        self.asset: Asset | None = None

    @cached_property
    def recorded_at(self) -> datetime:
        """When the rows were written, or tried to be, for the first time; aware UTC."""
        return datetime.now(UTC)

    @property
    def extension(self) -> str:
        """The extension of the content's format, without the dot; empty for content of no known format."""
        format = FORMATS.get(self.media_info.mime) if self.media_info else None
        return format.extension if format else ""

    def new_blob(self) -> Blob:
        """Make the blob of the bytes that were stored."""
        if self.media_info is None or self.stored_key is None:
            raise InvariantError("a blob is recorded after it was probed and stored")
        return Blob(
            id=uuid4(),
            workspace_id=self.request.workspace_id,
            sha256=self.local.sha256,
            crc32=self.local.crc32,
            size=self.local.size,
            storage_key=self.stored_key,
            media_info=self.media_info,
        )

    def of_own_type(self, blob: Blob) -> Blob:
        """Return the blob with the type of this request where the bytes do not tell it: others may have had another."""
        if self.format is not None or self.media_info is None or blob.media_info.kind is not Kind.DOCUMENT:
            return blob
        return blob.of_type(self.media_info.mime)

    @property
    def lost_race(self) -> bool:
        """Whether a concurrent request recorded the same content first, so that no row refers to these bytes."""
        if self.stored_key is None or self.blob is None:
            return False
        return self.blob.storage_key != self.stored_key
