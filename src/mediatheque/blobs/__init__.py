"""Storage of bytes.

Bytes are received into a `Spool`, a file in the store's `spool` folder. When they are accepted, a `BlobStore` takes
that file over. A blob's key is random, so that the names in a store tell nothing about the content.
"""

from mediatheque.blobs.config import SLOT_BYTES, BlobsConfig
from mediatheque.blobs.local.disk import Disk
from mediatheque.blobs.mark import StoreMismatch
from mediatheque.blobs.object_store.bucket import Bucket, PlainBucket
from mediatheque.blobs.spool import Spool, clear_spool
from mediatheque.blobs.store import BlobStore, HashedFile, LocalCopy, ObjectSummary, Presigned, Presigns, new_key

__all__ = [
    "BlobStore",
    "BlobsConfig",
    "Bucket",
    "Disk",
    "HashedFile",
    "LocalCopy",
    "ObjectSummary",
    "PlainBucket",
    "Presigned",
    "Presigns",
    "Spool",
    "StoreMismatch",
    "clear_spool",
    "new_key",
    "open_store",
]


def open_store(config: BlobsConfig, *, slot_bytes: int = SLOT_BYTES, create: bool = True) -> BlobStore:
    """Return the store that the configuration names. Creates missing folders; sends nothing to a bucket.

    Without `create`, a folder of blobs is left as it is until `prepare`: it may be that of a disk that is not mounted.

    `slot_bytes` is the size of part that multipart uploads into a folder join without a copy. It must not change while
    uploads are unfinished.

    Raises `ValueError` for settings that can never work, and `BlobsUnavailable` or `StorageFull` when the folders
    cannot be created.
    """
    if config.scheme == "s3":
        from mediatheque.blobs.object_store.s3_bucket import S3Bucket  # noqa: PLC0415  botocore takes 0.1 s and 6 MB

        return S3Bucket(config.location, config.spool, public_endpoint=config.public_endpoint)
    if config.in_bucket:
        return PlainBucket(config.location, config.spool, slot_bytes=slot_bytes)
    return Disk(config.folder, slot_bytes=slot_bytes, create=create)
