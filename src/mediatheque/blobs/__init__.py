"""Bytes, in flight and at rest.

Bytes arrive in a `Spool`, a file in the store's `spool` folder; what is admitted is handed to a `BlobStore`, which
takes the file over for good. A blob's key is random, so that nothing about its content shows in the store.
"""

from mediatheque.blobs.config import BlobsConfig
from mediatheque.blobs.local.disk import Disk
from mediatheque.blobs.object_store.bucket import Bucket, PlainBucket
from mediatheque.blobs.spool import Spool, clear_spool
from mediatheque.blobs.store import BlobStore, LocalCopy, OnDisk, Presigned, Presigns, Stored, new_key

__all__ = [
    "BlobStore",
    "BlobsConfig",
    "Bucket",
    "Disk",
    "LocalCopy",
    "OnDisk",
    "PlainBucket",
    "Presigned",
    "Presigns",
    "Spool",
    "Stored",
    "clear_spool",
    "new_key",
    "open_store",
]


def open_store(config: BlobsConfig) -> BlobStore:
    """The store that the configuration names. Folders are made now; a bucket is first spoken to when used.

    Raises `ValueError` for settings that can never work, and `BlobsUnavailable` or `StorageFull` where the folders
    cannot be made.
    """
    if config.scheme == "s3":
        from mediatheque.blobs.object_store.s3_bucket import S3Bucket  # noqa: PLC0415  botocore takes 0.1 s and 6 MB

        return S3Bucket(config.location, config.spool, public_endpoint=config.public_endpoint)
    if config.in_bucket:
        return PlainBucket(config.location, config.spool)
    return Disk(config.folder)
