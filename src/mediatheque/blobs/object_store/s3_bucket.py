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
    """Parts are S3's own, and clients may send to it themselves: to `quarantine/<key>`, which is no blob.

    What arrives there after `withdraw` stays until it is withdrawn again: let its URL expire first.
    """

    def __init__(self, url: str, spool: Path, *, public_endpoint: str = "", settle: float = 1.0) -> None:
        """`public_endpoint`: where clients reach the bucket, if not where we do. Raises `ValueError`."""
        super().__init__(url, spool, settle=settle)
        self._s3 = S3(cast(S3Store, self.objects.store), public_endpoint)
        self.parts = S3Parts(self, self._s3)

    async def presign(self, key: str, *, size: int, seconds: int) -> Presigned:
        """A URL for `seconds`, at most a week (S3's limit). Content-Length is signed: S3 refuses another (403)."""
        if not is_key(key):
            raise NotFound
        return await self._s3.presign(_quarantined(key), size, seconds)

    async def promote(self, key: str, target: str) -> int | None:
        """Copies what was sent, of up to 5 GiB, to the blob key `target`; no byte passes through us."""
        if not (is_key(key) and is_key(target) and await self.objects.copy(_quarantined(key), target)):
            return None
        return await self.size(target)

    async def delete_quarantined(self, key: str) -> None:
        """Removes what was sent; there need not be anything."""
        if is_key(key):
            await self.objects.delete(_quarantined(key))


def _quarantined(key: str) -> str:
    return f"quarantine/{key}"
