"""Settings of this room."""

from pathlib import Path
from urllib.parse import urlsplit

import msgspec

BUCKETS = ("s3", "gs", "az")
"""URL schemes of the buckets that obstore speaks."""


class BlobsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Where the bytes live."""

    location: str = "data/blobs"
    """A folder, or a bucket: `s3://bucket/prefix?endpoint=http://host:9000&region=us-east-1`.

    `gs://` and `az://` likewise. The query takes any setting of obstore's store; credentials are best left to the
    usual variables (`AWS_ACCESS_KEY_ID` and so on), which obstore reads by itself.
    """

    spool: Path = Path("data/spool")
    """Folder for bytes in flight to a bucket. A folder of blobs has its own, on the same file system."""

    public_endpoint: str = ""
    """Address under which clients reach an S3 bucket, when it differs from the endpoint: used in presigned URLs."""

    def __post_init__(self) -> None:
        if not self.location or (self.scheme and self.scheme not in (*BUCKETS, "file")):
            raise ValueError(f"blobs live in a folder or in one of {', '.join(BUCKETS)}://, not in {self.scheme}://")
        if self.public_endpoint and self.scheme != "s3":
            raise ValueError("only blobs in s3:// have a public endpoint")

    @property
    def scheme(self) -> str:
        """What `location` begins with, before `://`; nothing for a plain folder."""
        return urlsplit(self.location).scheme

    @property
    def in_bucket(self) -> bool:
        """Whether `location` names a bucket."""
        return self.scheme in BUCKETS

    @property
    def folder(self) -> Path:
        """`location` as a folder."""
        return Path(self.location.removeprefix("file://")).absolute()
