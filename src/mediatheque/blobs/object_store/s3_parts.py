"""Uploads in parts, as S3 knows them itself."""

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

LEAST = 5 * 1024 * 1024
"""Bytes that S3 wants in every part but the last (EntityTooSmall)."""

_NO_WORD = re.compile(r"\W", re.ASCII)


class S3Parts:
    """A multipart upload under the blob's own key, whose id is the handle.

    S3 joins parts of less than `LEAST` in the last place only, and lets no part be read before it is joined: such
    a part is therefore also kept as an object of its own, `parts/<key>/<number>-<tag>`.
    """

    def __init__(self, bucket: Bucket, s3: S3) -> None:
        self._bucket = bucket
        self._s3 = s3

    async def begin(self, key: str) -> str:
        """Begins the upload and returns its id."""
        if not is_key(key):
            raise NotFound
        return await self._s3.begin(key)

    async def write(self, key: str, handle: str, number: int, path: Path, size: int) -> str:
        """Sends the part and returns its tag. When cancelled, it is sent all the same."""
        if not is_key(key):
            raise NotFound
        return await run_to_completion(self._send(key, handle, number, path, size))

    async def complete(self, key: str, handle: str, pieces: Sequence[UploadedPart]) -> None:
        """Completes the upload: no byte is moved, unless a part in between is too small for S3."""
        total = sum(piece.size for piece in pieces)
        if not is_key(key):
            raise NotFound
        if await self._bucket.size(key) != total:
            await run_to_completion(self._join(key, handle, pieces, total))
        await self.abort(key, handle)

    async def abort(self, key: str, handle: str) -> None:
        """Aborts the upload, if it is known what it was called."""
        if not is_key(key):
            return
        with suppress(NotFound):
            if handle:
                await self._s3.abort(key, handle)
        async for found in self._bucket.objects.walk(_folder(key)):
            await self._bucket.objects.delete(found.key)

    async def close(self) -> None:
        """Waits for work in flight."""
        await self._s3.close()

    async def _send(self, key: str, handle: str, number: int, path: Path, size: int) -> str:
        tag = await self._s3.send(key, handle, number, path, size)
        if size < LEAST:
            await self._s3.put(_apart(key, number, tag), path, size)
        return tag

    async def _join(self, key: str, handle: str, pieces: Sequence[UploadedPart], total: int) -> None:
        """With a small part in between: what S3 can join comes first, and is fetched again to be sent as one file."""
        if all(piece.size >= LEAST for piece in pieces[:-1]):
            await self._complete(key, handle, pieces)
            return
        await self._complete(key, handle, [piece for piece in pieces if piece.size >= LEAST])
        async with Spool(self._bucket.spool, limit=total) as spool:
            async with aclosing(self._in_order(key, pieces)) as chunks:
                async for chunk in chunks:
                    await spool.write(chunk)
            await spool.finish()
            await self._bucket.put_file(spool.path, key)

    async def _complete(self, key: str, handle: str, pieces: Sequence[UploadedPart]) -> None:
        """Makes the pieces the object, which a call before a crash may have done."""
        if not pieces:
            return
        size = sum(piece.size for piece in pieces)
        try:
            await self._s3.complete(key, handle, {piece.number: piece.etag for piece in pieces})
        except NotFound:
            if await self._bucket.size(key) != size:
                raise
        if await self._bucket.size(key) != size:
            raise BlobsUnavailable("The bucket joined another size than it was sent.")

    async def _in_order(self, key: str, pieces: Sequence[UploadedPart]) -> AsyncGenerator[bytes, None]:
        start = 0
        for piece in pieces:
            if piece.size < LEAST:
                chunks = self._bucket.objects.read(_apart(key, piece.number, piece.etag), 0, piece.size)
            else:
                chunks = self._bucket.objects.read(key, start, piece.size)
                start += piece.size
            async with aclosing(chunks):
                async for chunk in chunks:
                    yield chunk


def _apart(key: str, number: int, tag: str) -> str:
    return f"{_folder(key)}/{number}-{_NO_WORD.sub('', tag)}"


def _folder(key: str) -> str:
    return f"parts/{key}"
