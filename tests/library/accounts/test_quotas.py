"""Quotas are exact under concurrency, whichever way content comes, and what they refuse leaves nothing behind."""

import asyncio
import secrets
from collections.abc import Awaitable
from uuid import UUID, uuid4

import msgspec
import pytest

from mediatheque.errors import LibraryError, NotFound, QuotaExceeded
from mediatheque.library import Library
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.ingest.sources import AssetContent
from mediatheque.model import Asset, AssetRef, Quota, Scope, Stored
from mediatheque.records.accounts import usage as rows
from tests import samples
from tests.library.ingest_requests import Content, ingest_request

SIZE = len(samples.jpeg()) + 8


def picture() -> bytes:
    """One that is like no other, of `SIZE` bytes."""
    return samples.jpeg() + secrets.token_bytes(8)


async def take(library: Library, workspace: UUID, data: bytes | None = None) -> Asset:
    return await library.ingest.create_asset(ingest_request(workspace, data or picture()))


async def stored(library: Library, workspace: UUID) -> Stored:
    return (await library.accounts.usage.current(workspace)).total


async def keys_in_store(library: Library) -> int:
    return len([each.key async for each in library.store.list_objects()])


async def outcomes(*attempts: Awaitable[object]) -> list[str]:
    """The classes of what the attempts return or raise, run at the same time."""
    found = await asyncio.gather(*attempts, return_exceptions=True)
    assert all(isinstance(each, LibraryError) for each in found if isinstance(each, BaseException)), found
    return [type(each).__name__ for each in found]


def forget_quota(library: Library, workspace: UUID) -> None:
    """The checks before content arrives pass for a while, as in a process that has not seen the new quota yet."""
    library.accounts.quotas._cached[workspace] = Quota()


async def miscounted(library: Library) -> list[object]:
    async with library.database.connection() as conn:
        return list(await rows.list_miscounted(conn))


async def test_bytes_are_refused_beyond_the_quota(library: Library, workspace: UUID) -> None:
    await library.accounts.quotas.set(workspace, Quota(max_bytes=2 * SIZE))
    first = await take(library, workspace)
    await take(library, workspace)
    with pytest.raises(QuotaExceeded) as refused:
        await take(library, workspace)
    assert (refused.value.limit, refused.value.counted) == (2 * SIZE, "bytes")
    assert await stored(library, workspace) == Stored(bytes=2 * SIZE, assets=2)
    await library.catalog.assets.delete(workspace, first.id)
    await take(library, workspace)


async def test_assets_are_refused_beyond_the_quota(library: Library, workspace: UUID) -> None:
    await library.accounts.quotas.set(workspace, Quota(max_assets=1))
    original = await take(library, workspace)
    copy = library.importer.import_asset(workspace, AssetContent(original.id), AssetFields())
    assert await outcomes(copy, take(library, workspace)) == ["QuotaExceeded", "QuotaExceeded"]
    assert await stored(library, workspace) == Stored(bytes=SIZE, assets=1)


async def test_a_quota_may_be_below_what_is_stored(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    await library.accounts.quotas.set(workspace, Quota(max_bytes=0, max_assets=0))
    await library.catalog.assets.set_favorite(workspace, AssetRef(asset_id=asset.id), True)
    with pytest.raises(QuotaExceeded):
        await take(library, workspace)
    await library.accounts.quotas.set(workspace, Quota())
    assert await library.accounts.quotas.get(workspace) == Quota()
    await take(library, workspace)


async def test_the_quota_of_an_unknown_workspace_is_not_found(library: Library) -> None:
    with pytest.raises(NotFound):
        await library.accounts.quotas.set(uuid4(), Quota(max_bytes=1))


@pytest.mark.parametrize("same", [False, True])
async def test_twenty_at_once_never_exceed_the_quota(library: Library, workspace: UUID, same: bool) -> None:
    """All pass the check before their bytes arrive: what counts is decided when they are stored."""
    await library.accounts.quotas.set(workspace, Quota(max_assets=3) if same else Quota(max_bytes=3 * SIZE))
    forget_quota(library, workspace)
    one = picture()
    results = await outcomes(*(take(library, workspace, one if same else None) for _ in range(20)))
    assert results.count("Asset") == 3
    assert results.count("QuotaExceeded") == 17
    assert await stored(library, workspace) == Stored(bytes=SIZE if same else 3 * SIZE, assets=3)
    assert await keys_in_store(library) == (1 if same else 3)
    assert await miscounted(library) == []


async def test_the_same_content_takes_no_more_bytes(library: Library, workspace: UUID) -> None:
    one = picture()
    await take(library, workspace, one)
    await library.accounts.quotas.set(workspace, Quota(max_bytes=SIZE + 1))
    forget_quota(library, workspace)
    await take(library, workspace, one)
    assert await stored(library, workspace) == Stored(bytes=SIZE, assets=2)


async def test_content_that_comes_back_from_the_garbage_counts_again(library: Library, workspace: UUID) -> None:
    one = picture()
    gone = await take(library, workspace, one)
    await library.catalog.assets.delete(workspace, gone.id)
    assert await stored(library, workspace) == Stored()
    await library.accounts.quotas.set(workspace, Quota(max_bytes=SIZE))
    await take(library, workspace)
    forget_quota(library, workspace)
    with pytest.raises(QuotaExceeded):  # its bytes are still there, but nothing counts them
        await take(library, workspace, one)
    assert await stored(library, workspace) == Stored(bytes=SIZE, assets=1)


async def test_a_body_is_refused_before_and_while_it_arrives(library: Library, workspace: UUID) -> None:
    await library.accounts.quotas.set(workspace, Quota(max_bytes=SIZE))
    read: list[int] = []

    class Watched(Content):
        async def stream_to(self, sink):  # type: ignore[no-untyped-def]
            class Counting:
                async def write(self, chunk: bytes) -> None:
                    await sink.write(chunk)
                    read.append(len(chunk))

            return await super().stream_to(Counting())

    class Announced(Watched):
        min_size = SIZE + 1

    data = bytes(4 * SIZE)
    for body in (Announced(data, pieces=8), Watched(data, pieces=8)):
        request = msgspec.structs.replace(ingest_request(workspace, b""), body=body)
        with pytest.raises(QuotaExceeded):
            await library.ingest.create_asset(request)
        assert sum(read) <= (0 if isinstance(body, Announced) else SIZE)
    assert read
    assert not list(library.store.spool.glob("*"))


async def test_one_workspaces_quota_is_not_anothers(library: Library, workspace: UUID) -> None:
    key = await library.accounts.create_key("two", frozenset(Scope))
    other = (await library.accounts.authenticate(key)).workspace_id
    await library.accounts.quotas.set(workspace, Quota(max_bytes=0))
    await take(library, other)
    assert await stored(library, workspace) == Stored()
    assert await stored(library, other) == Stored(bytes=SIZE, assets=1)
