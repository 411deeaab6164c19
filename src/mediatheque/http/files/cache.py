"""A short-lived cache of the files being served."""

import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from mediatheque.http.files.accel import URI_SECONDS, Accel
from mediatheque.http.files.headers import IMMUTABLE, PRIVATE, Representation, represent
from mediatheque.http.files.local_reads import read_cached
from mediatheque.http.files.response import FileResponse
from mediatheque.library import Library
from mediatheque.library.catalog.access import is_public
from mediatheque.library.catalog.files import FileContent
from mediatheque.model import File

_CACHE_SECONDS = 1.0
"""A file deleted by another process may be served this much longer."""
_MAX_FILES = 10_000
_MAX_BYTES = 16 * 1024 * 1024
"""Content of small files that is kept with them, so that a file in demand is not read again for each request."""


class CachedFile(NamedTuple):
    """A file and the response that serves it. `until` is by the monotonic clock; `held` is the content's size."""

    file: File
    response: FileResponse
    is_public: bool
    until: float
    held: int


class FileCache:
    """A cache of files: each is looked up at most once a second, however often it is requested."""

    def __init__(self, library: Library, accel_redirect: str | None = None) -> None:
        """`accel_redirect` is the location in nginx that stands for the store, if nginx shall send the bytes."""
        self._library = library
        self._accel_redirect = accel_redirect
        self._cached: dict[str, CachedFile] = {}
        """By the id as 32 hex digits, the oldest first."""
        self._held = 0
        self._invalidations = 0

    async def get(self, id: UUID, authorize: Callable[[File], Awaitable[None]]) -> FileResponse:
        """Return the response that serves the file.

        Raises `NotFound`, what `authorize` raises, and only after that `BlobsUnavailable` when the bytes are missing:
        a caller without access cannot tell a file with missing bytes from one that does not exist.
        """
        cached = self._find(id.hex)
        if cached is None:
            before, looked_up_at = self._invalidations, monotonic()
            file = await self._library.catalog.files.get_public(id)
            await authorize(file)
            content = await self._library.catalog.files.open(file)
            cached = self._add(file, content, await self._accel(file), looked_up_at)
            if before != self._invalidations:  # perhaps of this file, which may be deleted or private by now
                self._remove(id.hex)
        else:
            await authorize(cached.file)
        return cached.response

    def get_cached(self, hex_id: str) -> FileResponse | None:
        """Return the response that serves the file if it is cached and public, without waiting for anything."""
        cached = self._find(hex_id)
        return cached.response if cached is not None and cached.is_public else None

    def invalidate(self, *ids: UUID) -> None:
        """Remove the files from the cache, also when they are being looked up."""
        self._invalidations += 1
        for id in ids:
            self._remove(id.hex)

    def _find(self, hex_id: str) -> CachedFile | None:
        cached = self._cached.get(hex_id)
        if cached is None or cached.until <= monotonic() or _has_expired(cached.file):
            return None
        return cached

    async def _accel(self, file: File) -> Accel | None:
        if self._accel_redirect is None:
            return None
        uri = await self._library.catalog.files.internal_uri(file, seconds=URI_SECONDS)
        public_until = file.expires_at.timestamp() if file.expires_at else math.inf
        return Accel(
            uri=f"{self._accel_redirect.rstrip('/')}/{uri}".encode(),
            public_until=public_until if is_public(file) else 0,
        )

    def _add(self, file: File, content: FileContent, accel: Accel | None, looked_up_at: float) -> CachedFile:
        """Add the file, with its bytes if they are few and in the page cache; remove what is too old or too much.

        Its second begins when it was looked up: a store that took long to open it does not prolong it.
        """
        now, hex_id = monotonic(), file.id.hex
        in_memory = read_cached(content, file.blob.size) if isinstance(content, Path) else None
        held = len(in_memory or b"")
        self._remove(hex_id)
        while self._cached:
            oldest = next(iter(self._cached))
            is_over = len(self._cached) >= _MAX_FILES or self._held + held > _MAX_BYTES
            if not is_over and self._cached[oldest].until > now:
                break
            self._remove(oldest)
        response = FileResponse(_represent(file), content, in_memory, accel)
        cached = CachedFile(file, response, is_public(file), looked_up_at + _CACHE_SECONDS, held)
        self._cached[hex_id] = cached
        self._held += held
        return cached

    def _remove(self, hex_id: str) -> None:
        removed = self._cached.pop(hex_id, None)
        if removed is not None:
            self._held -= removed.held


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
