"""An offer on its way through the intake, and what each step has found out about it."""

from uuid import uuid4

from mediatheque.blobs import Loan
from mediatheque.library.ingest.request import Offer
from mediatheque.media.formats import FORMATS
from mediatheque.model import Asset, Blob, Facts, File, Format, Labels


class Parcel:
    """Filled in step by step. `spool` is the bytes as a local file, `placed_key` where they are in the store."""

    def __init__(self, offer: Offer, spool: Loan) -> None:
        self.offer = offer
        self.spool = spool
        self.labels = Labels()
        self.format: Format | None = None
        self.facts: Facts | None = None
        self.known: Blob | None = None
        self.broken_key: str | None = None
        self.placed_key: str | None = None
        self.blob: Blob | None = None
        self.file: File | None = None
        self.asset: Asset | None = None

    @property
    def extension(self) -> str:
        """What the file's name should end in, without the dot; empty where the content is no known format."""
        known = FORMATS.get(self.facts.mime) if self.facts else None
        return known.extension if known else ""

    def new_blob(self) -> Blob:
        """The row for the bytes just placed."""
        if self.facts is None or self.placed_key is None:
            raise LookupError("a blob is recorded after it was probed and placed")
        return Blob(
            id=uuid4(),
            workspace_id=self.offer.workspace_id,
            sha256=self.spool.sha256,
            size=self.spool.size,
            storage_key=self.placed_key,
            facts=self.facts,
        )

    @property
    def placed_in_vain(self) -> bool:
        """Whether a twin's bytes won, so that nothing refers to ours."""
        if self.placed_key is None or self.blob is None:
            return False
        return self.blob.storage_key != self.placed_key
