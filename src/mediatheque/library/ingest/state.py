"""An offer on its way through the intake, and what each step has found out about it."""

from uuid import uuid4

from mediatheque.blobs import HashedFile
from mediatheque.errors import InvariantError
from mediatheque.library.ingest.request import IngestRequest
from mediatheque.media.formats import FORMATS
from mediatheque.model import Asset, Blob, DeclaredMetadata, File, Format, MediaInfo


class IngestState:
    """Filled in step by step. `local` is the bytes as a local file, `stored_key` where they are in the store."""

    def __init__(self, request: IngestRequest, spool: HashedFile) -> None:
        self.request = request
        self.local = spool
        self.declared = DeclaredMetadata()
        self.format: Format | None = None
        self.media_info: MediaInfo | None = None
        self.duplicate: Blob | None = None
        self.broken_key: str | None = None
        self.stored_key: str | None = None
        self.blob: Blob | None = None
        self.file: File | None = None
        self.asset: Asset | None = None

    @property
    def extension(self) -> str:
        """What the file's name should end in, without the dot; empty where the content is no known format."""
        known = FORMATS.get(self.media_info.mime) if self.media_info else None
        return known.extension if known else ""

    def new_blob(self) -> Blob:
        """The row for the bytes just placed."""
        if self.media_info is None or self.stored_key is None:
            raise InvariantError("a blob is recorded after it was probed and stored")
        return Blob(
            id=uuid4(),
            workspace_id=self.request.workspace_id,
            sha256=self.local.sha256,
            size=self.local.size,
            storage_key=self.stored_key,
            media_info=self.media_info,
        )

    @property
    def lost_race(self) -> bool:
        """Whether a twin's bytes won, so that nothing refers to ours."""
        if self.stored_key is None or self.blob is None:
            return False
        return self.blob.storage_key != self.stored_key
