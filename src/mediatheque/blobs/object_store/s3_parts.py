"""Multipart uploads of S3."""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

from mediatheque.blobs.cancellation import run_to_completion
from mediatheque.blobs.object_store.bucket import Bucket
from mediatheque.blobs.object_store.s3_calls import S3
from mediatheque.blobs.spool import Spool
from mediatheque.blobs.store import is_key
from mediatheque.errors import BlobsUnavailable, NotFound
from mediatheque.model import UploadedPart

MIN_PART_BYTES = 5 * 1024 * 1024
"""Smallest size that S3 accepts of every part but the last (EntityTooSmall)."""

_NOT_WORD = re.compile(r"\W", re.ASCII)


class S3Parts:
    """A multipart upload under the blob's own key.

    S3 joins a part of less than `MIN_PART_BYTES` only as the last one, and no part can be read before it is joined.
    Such a part is therefore also stored as an object of its own, `parts/<key>/<number>-<etag>`.
    """

    def __init__(self, bucket: Bucket, s3: S3) -> None:
        self._bucket = bucket
        self._s3 = s3

    async def create(self, key: str) -> str:
        """Return the id of a new upload."""
        if not is_key(key):
            raise NotFound
        await self._bucket.objects.mark.check()
        return await self._s3.create_multipart_upload(key)

    async def upload_part(self, key: str, multipart_id: str, number: int, path: Path, size: int) -> str:
        """Send the part and return its ETag. A cancelled caller waits until it is sent."""
        if not is_key(key):
            raise NotFound
        await self._bucket.objects.mark.check()
        return await run_to_completion(self._send(key, multipart_id, number, path, size))

    async def complete(self, key: str, multipart_id: str, parts: Sequence[UploadedPart]) -> None:
        """Complete the upload. No byte is copied, unless a part before the last is too small for S3."""
        total = sum(part.size for part in parts)
        if not is_key(key):
            raise NotFound
        await self._bucket.objects.mark.check()
        if await self._bucket.size(key) != total:
            await run_to_completion(self._join(key, multipart_id, parts, total))
        await self.abort(key, multipart_id)

    async def abort(self, key: str, multipart_id: str) -> None:
        """Abort the upload, if its id is known, and delete the small parts."""
        if not is_key(key):
            return
        await self._bucket.objects.mark.check()
        with suppress(NotFound):
            if multipart_id:
                await self._s3.abort_multipart_upload(key, multipart_id)
        async for summary in self._bucket.objects.list_objects(_folder(key)):
            await self._bucket.objects.delete(summary.key)

    async def close(self) -> None:
        """Wait for the work in flight."""
        await self._s3.close()

    async def _send(self, key: str, multipart_id: str, number: int, path: Path, size: int) -> str:
        etag = await self._s3.upload_part(key, multipart_id, number, path, size)
        if size < MIN_PART_BYTES:
            await self._s3.put_object(_small_part_name(key, number, etag), path, size)
        return etag

    async def _join(self, key: str, multipart_id: str, parts: Sequence[UploadedPart], total: int) -> None:
        """Join parts of which one before the last is too small for S3.

        Let S3 join the large ones, then fetch all in order and send one file.
        """
        if all(part.size >= MIN_PART_BYTES for part in parts[:-1]):
            await self._complete(key, multipart_id, parts)
            return
        await self._complete(key, multipart_id, [part for part in parts if part.size >= MIN_PART_BYTES])
        async with Spool(self._bucket.spool, limit=total) as spool:
            async with aclosing(self._read_in_order(key, parts)) as chunks:
                async for chunk in chunks:
                    await spool.write(chunk)
            await spool.finish()
            await self._bucket.put_file(spool.path, key)

    async def _complete(self, key: str, multipart_id: str, parts: Sequence[UploadedPart]) -> None:
        """Join the parts into the object, unless a call before a crash has done so."""
        if not parts:
            return
        size = sum(part.size for part in parts)
        try:
            await self._s3.complete_multipart_upload(key, multipart_id, {part.number: part.etag for part in parts})
        except NotFound:
            if await self._bucket.size(key) != size:
                raise
        if await self._bucket.size(key) != size:
            raise BlobsUnavailable("The bucket joined another size than was sent.")

    async def _read_in_order(self, key: str, parts: Sequence[UploadedPart]) -> AsyncGenerator[bytes, None]:
        start = 0
        for part in parts:
            if part.size < MIN_PART_BYTES:
                chunks = self._bucket.objects.read(_small_part_name(key, part.number, part.etag), 0, part.size)
            else:
                chunks = self._bucket.objects.read(key, start, part.size)
                start += part.size
            async with aclosing(chunks):
                async for chunk in chunks:
                    yield chunk


def _small_part_name(key: str, number: int, etag: str) -> str:
    return f"{_folder(key)}/{number}-{_NOT_WORD.sub('', etag)}"


def _folder(key: str) -> str:
    return f"parts/{key}"
