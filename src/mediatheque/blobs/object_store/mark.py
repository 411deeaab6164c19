"""The mark of a bucket."""

import time
from uuid import UUID

import obstore
from obstore.store import ObjectStore

from mediatheque.blobs import mark
from mediatheque.blobs.object_store.connection import map_store_errors
from mediatheque.errors import BlobsUnavailable, NotFound

TRUST_SECONDS = 5.0
"""Seconds for which a mark that was read is believed, so that an upload rarely waits for one more request."""


class BucketMark:
    """The object `library/id` under the URL's prefix; see `Mark`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._expected: UUID | None = None
        self._checked_at = float("-inf")
        self.used_at = 0.0
        """When the last request was sent."""

    @property
    def expected(self) -> UUID | None:
        """The id that this process expects."""
        return self._expected

    @expected.setter
    def expected(self, library: UUID | None) -> None:
        if library != self._expected:
            self._expected, self._checked_at = library, float("-inf")

    async def read(self) -> UUID | None:
        """Return the id in the object; None when it does not exist. Raises `BlobsUnavailable` without a bucket."""
        self.used_at = time.monotonic()
        try:
            async with map_store_errors("mark"):
                return mark.parse(bytes(await (await obstore.get_async(self._store, mark.NAME)).bytes_async()))
        except NotFound:
            await check_bucket(self._store)
            return None

    async def write(self, library: UUID) -> None:
        """Put the object."""
        try:
            async with map_store_errors("mark"):
                await obstore.put_async(self._store, mark.NAME, mark.render(library), use_multipart=False)
        except NotFound as error:
            raise BlobsUnavailable("The bucket does not exist.") from error

    async def check(self) -> None:
        """Raise `StoreMismatch` unless the object holds the expected id, or did in the last seconds."""
        if time.monotonic() - self._checked_at > TRUST_SECONDS:
            await self.check_now()

    async def check_now(self) -> None:
        """Raise `StoreMismatch` unless the object holds the expected id now."""
        if self._expected is None:
            return
        self._checked_at = float("-inf")
        begun, expected = time.monotonic(), self._expected
        mark.require(await self.read(), expected)
        if expected == self._expected:
            self._checked_at = begun


async def check_bucket(store: ObjectStore) -> None:
    """List an empty prefix. Raises `BlobsUnavailable` when the bucket does not answer."""
    try:
        async with map_store_errors("ready"):
            await anext(obstore.list(store, "ready"), None)
    except NotFound as error:
        raise BlobsUnavailable("The bucket does not exist.") from error
