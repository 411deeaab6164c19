"""A bucket that speaks S3."""

from pathlib import Path
from typing import cast

from obstore.store import S3Store

from mediatheque.blobs.object_store.bucket import Bucket
from mediatheque.blobs.object_store.s3_calls import S3
from mediatheque.blobs.object_store.s3_parts import S3Parts
from mediatheque.blobs.store import Presigned, is_key
from mediatheque.errors import NotFound


class S3Bucket(Bucket):
    """Multipart uploads are S3's own, and clients may send bytes directly, to `quarantine/<key>`, which is not a blob.

    Bytes that arrive there after `delete_quarantined` stay until it is called again: let the URL expire first.
    """

    def __init__(self, url: str, spool: Path, *, public_endpoint: str = "", settle: float = 1.0) -> None:
        """`public_endpoint`: the address under which clients reach the bucket, if it differs. Raises `ValueError`."""
        super().__init__(url, spool, settle=settle)
        self._s3 = S3(cast(S3Store, self.objects.store), public_endpoint)
        self.parts = S3Parts(self, self._s3)

    async def presign(self, key: str, *, size: int, seconds: int) -> Presigned:
        """Return a URL for `seconds`, at most a week (S3's limit). S3 answers 403 to another Content-Length."""
        if not is_key(key):
            raise NotFound
        return await self._s3.presign(_quarantine_name(key), size, seconds)

    async def promote(self, key: str, target: str) -> int | None:
        """Copy what was sent, up to 5 GiB, to the blob key `target`, inside S3; see `Presigns.promote`."""
        if not (is_key(key) and is_key(target) and await self.objects.copy(_quarantine_name(key), target)):
            return None
        return await self.size(target)

    async def delete_quarantined(self, key: str) -> None:
        """Delete what was sent, if anything was."""
        if is_key(key):
            await self.objects.delete(_quarantine_name(key))


def _quarantine_name(key: str) -> str:
    return f"quarantine/{key}"
