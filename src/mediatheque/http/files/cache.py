"""Files ready to be served: what the database and the store said of them a moment ago."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import structlog
from cachetools import TTLCache

from mediatheque.blobs import BlobStore, OnDisk
from mediatheque.errors import BlobsUnavailable
from mediatheque.http.files.headers import IMMUTABLE, PRIVATE, Representation, represent
from mediatheque.http.files.response import FileContent, FileResponse
from mediatheque.library import Library
from mediatheque.library.catalog.access import is_public
from mediatheque.model import File

# A file that was removed may be served this much longer.
_CACHE_SECONDS = 1.0
_log = structlog.get_logger()


class CachedFile(msgspec.Struct, frozen=True):
    """A file, its headers and where its bytes are."""

    file: File
    representation: Representation
    content: FileContent

    @property
    def response(self) -> FileResponse:
        """What serves it."""
        return FileResponse(self.representation, self.content)


class FileCache:
    """Looks files up once a second at most, however often they are asked for."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._recent: TTLCache[UUID, CachedFile] = TTLCache(maxsize=10_000, ttl=_CACHE_SECONDS)

    async def get(self, id: UUID, authorize: Callable[[File], Awaitable[None]]) -> FileResponse:
        """The answer that serves the file of that id, once `admit` lets it pass.

        `NotFound`, what `admit` raises, and then only `BlobsUnavailable` if the bytes are not there: nobody learns of a
        hidden file by its missing bytes.
        """
        shelved = self._recent.get(id)
        if shelved and not _has_expired(shelved.file):
            await authorize(shelved.file)
            return shelved.response
        file = await self._library.catalog.files.get_public(id)
        await authorize(file)
        shelved = await self._load(file)
        self._recent[id] = shelved
        return shelved.response

    def get_cached(self, id: UUID) -> FileResponse | None:
        """The answer that serves the file, without a wait, if it was looked up a moment ago and is for everybody."""
        shelved = self._recent.get(id)
        if shelved is None or not is_public(shelved.file) or _has_expired(shelved.file):
            return None
        return shelved.response

    def invalidate(self, id: UUID) -> None:
        """Look the file up anew next time."""
        self._recent.pop(id, None)

    async def _load(self, file: File) -> CachedFile:
        key = file.blob.storage_key
        if await self._library.store.size(key) != file.blob.size:
            _log.error("bytes of a file are missing", file=str(file.id), storage_key=key)
            raise BlobsUnavailable("The bytes of this file cannot be read.")
        return CachedFile(file, _represent(file), _source(self._library.store, key))


def _represent(file: File) -> Representation:
    return represent(
        size=file.blob.size,
        mime=file.blob.media_info.mime,
        name=file.name,
        sha256=file.blob.sha256,
        created_at=file.created_at,
        cache_control=_cache_control(file),
    )


def _has_expired(file: File) -> bool:
    return file.expires_at is not None and file.expires_at <= datetime.now(UTC)


def _cache_control(file: File) -> str:
    """What caches may do: nothing with what is not for everybody, and nothing past the end of a file."""
    if not is_public(file):
        return PRIVATE
    if file.expires_at is None:
        return IMMUTABLE
    left = int((file.expires_at - datetime.now(UTC)).total_seconds() - _CACHE_SECONDS)
    return f"public, max-age={max(0, left)}"


def _source(store: BlobStore, key: str) -> FileContent:
    """The path, where the store has one, so that the server can send it without us; else a reader."""
    if isinstance(store, OnDisk):
        return store.path(key)
    return lambda start, length: store.read(key, start, length)
