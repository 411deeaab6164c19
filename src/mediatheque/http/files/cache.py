"""A short-lived cache of the files being served."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from cachetools import TTLCache

from mediatheque.http.files.headers import IMMUTABLE, PRIVATE, Representation, represent
from mediatheque.http.files.response import FileResponse
from mediatheque.library import Library
from mediatheque.library.catalog.access import is_public
from mediatheque.library.catalog.files import FileContent
from mediatheque.model import File

# A file deleted by another process may be served this much longer.
_CACHE_SECONDS = 1.0
_MAX_FILES = 10_000


class CachedFile(msgspec.Struct, frozen=True):
    """A file, its headers and its content."""

    file: File
    representation: Representation
    content: FileContent

    @property
    def response(self) -> FileResponse:
        """The response that serves it."""
        return FileResponse(self.representation, self.content)


class FileCache:
    """A cache of files: each is looked up at most once a second, however often it is requested."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._cached: TTLCache[UUID, CachedFile] = TTLCache(maxsize=_MAX_FILES, ttl=_CACHE_SECONDS)

    async def get(self, id: UUID, authorize: Callable[[File], Awaitable[None]]) -> FileResponse:
        """Return the response that serves the file.

        Raises `NotFound`, what `authorize` raises, and only after that `BlobsUnavailable` when the bytes are missing:
        a caller without access cannot tell a file with missing bytes from one that does not exist.
        """
        cached = self._cached.get(id)
        if cached and not _has_expired(cached.file):
            await authorize(cached.file)
            return cached.response
        file = await self._library.catalog.files.get_public(id)
        await authorize(file)
        cached = CachedFile(file, _represent(file), await self._library.catalog.files.open(file))
        self._cached[id] = cached
        return cached.response

    def get_cached(self, id: UUID) -> FileResponse | None:
        """Return the response that serves the file if it is cached and public, without waiting for anything."""
        cached = self._cached.get(id)
        if cached is None or not is_public(cached.file) or _has_expired(cached.file):
            return None
        return cached.response

    def invalidate(self, id: UUID) -> None:
        """Remove the file from the cache."""
        self._cached.pop(id, None)


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
    """Forbid storing files that are not public; let public files be cached until they expire."""
    if not is_public(file):
        return PRIVATE
    if file.expires_at is None:
        return IMMUTABLE
    left = int((file.expires_at - datetime.now(UTC)).total_seconds() - _CACHE_SECONDS)
    return f"public, max-age={max(0, left)}"
