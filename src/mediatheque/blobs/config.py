"""Settings of the store of blobs."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from mediatheque.redaction import Discreet

BUCKETS = ("s3", "gs", "az")
"""URL schemes of the buckets that obstore supports."""

SLOT_BYTES = 10 * 1024 * 1024
"""Default size of part that multipart uploads into a folder join without a copy."""


class BlobsConfig(Discreet, frozen=True, kw_only=True):
    """Where blobs are stored."""

    location: str = "data/blobs"
    """A folder, or a bucket: `s3://bucket/prefix?endpoint=http://host:9000&region=us-east-1`. By default `blobs` in the
    data folder.

    `gs://` and `az://` likewise. The query takes any setting of obstore's store; credentials are best left to the
    usual variables (`AWS_ACCESS_KEY_ID` and so on), which obstore reads by itself.
    """

    spool: Path = Path("data/spool")
    """Folder for bytes on their way into a bucket; a folder of blobs has its own, on the same file system. By default
    `incoming` in the data folder."""

    public_endpoint: Annotated[str, Meta(pattern=r"^(https?://[^/?#]+/?)?$")] = ""
    """Address under which clients reach an S3 bucket, when it differs from the endpoint: used in presigned URLs."""

    def __post_init__(self) -> None:
        if not self.location or (self.scheme and self.scheme not in (*BUCKETS, "file")):
            raise ValueError(f"location: expected a folder or one of {', '.join(BUCKETS)}://, not {self.scheme}://")
        if self.public_endpoint and self.scheme != "s3":
            raise ValueError("public_endpoint: only a bucket in s3:// has one")

    @property
    def scheme(self) -> str:
        """The URL scheme of `location`; empty for a plain folder."""
        return urlsplit(self.location).scheme

    @property
    def in_bucket(self) -> bool:
        """Whether `location` names a bucket."""
        return self.scheme in BUCKETS

    @property
    def folder(self) -> Path:
        """`location` as an absolute path."""
        return Path(self.location.removeprefix("file://")).absolute()
