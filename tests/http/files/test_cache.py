"""The cache looks each file up once a second and keeps the content of few small ones."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from mediatheque.errors import Forbidden, NotFound
from mediatheque.http.files import cache
from mediatheque.http.files.cache import FileCache
from mediatheque.http.files.local_reads import read_cached
from mediatheque.model import Acl, AclEffect, Blob, File
from mediatheque.model.media import Kind, MediaInfo
from tests.http.wire import call, http_scope


class Library:
    """Files by their ids, all with the bytes at `path`. `looked_up` is how often one was asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: dict[UUID, File] = {}
        self.looked_up = 0
        self.catalog = SimpleNamespace(files=self)

    def add(self, **fields: Any) -> File:
        info = MediaInfo(kind=Kind.IMAGE, mime="image/png")
        size = self.path.stat().st_size
        blob = Blob(id=uuid4(), workspace_id=uuid4(), sha256=b"x" * 32, size=size, storage_key="k", media_info=info)
        now = datetime.now(UTC)
        file = File(id=uuid4(), workspace_id=uuid4(), name="a.png", created_at=now, blob=blob, **fields)
        self.files[file.id] = file
        return file

    async def get_public(self, id: UUID) -> File:
        self.looked_up += 1
        if id not in self.files:
            raise NotFound
        return self.files[id]

    async def open(self, file: File) -> Path:
        return self.path


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def allow(file: File) -> None:
    """Let everybody read the file."""


@pytest.fixture
def library(tmp_path: Path) -> Library:
    path = tmp_path / "blob"
    path.write_bytes(bytes(100_000))
    return Library(path)


@pytest.fixture
def page_cache(library: Library) -> None:
    if read_cached(library.path, 1) is None:
        pytest.skip("needs a file system that can be read without waiting (RWF_NOWAIT)")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(cache, "monotonic", clock)
    return clock


async def test_a_file_is_looked_up_once_a_second(library: Library, clock: Clock) -> None:
    files, file = FileCache(library), library.add()  # type: ignore[arg-type]
    for now in (0.0, 0.5, 0.99):
        clock.now = now
        await files.get(file.id, allow)
        assert files.get_cached(file.id.hex)
        assert library.looked_up == 1
    del library.files[file.id]
    clock.now = 1.0
    assert files.get_cached(file.id.hex) is None
    with pytest.raises(NotFound):
        await files.get(file.id, allow)


async def test_the_second_begins_before_the_store_is_asked(library: Library, clock: Clock) -> None:
    """What was deleted by another process meanwhile is served no longer for a store that is slow."""
    files, file = FileCache(library), library.add()  # type: ignore[arg-type]

    async def open_slowly(_: File) -> Path:
        clock.now += 0.7
        return library.path

    library.open = open_slowly  # type: ignore[method-assign]
    await files.get(file.id, allow)
    assert files.get_cached(file.id.hex)
    clock.now = 1.0
    assert files.get_cached(file.id.hex) is None


async def test_a_removed_file_is_not_served(library: Library, clock: Clock) -> None:
    files, file = FileCache(library), library.add()  # type: ignore[arg-type]
    await files.get(file.id, allow)
    files.invalidate(file.id)
    assert files.get_cached(file.id.hex) is None


async def test_a_file_is_not_served_after_its_end(library: Library, clock: Clock) -> None:
    files, file = FileCache(library), library.add(expires_at=datetime.now(UTC) + timedelta(hours=1))  # type: ignore[arg-type]
    await files.get(file.id, allow)
    assert files.get_cached(file.id.hex)
    ended = msgspec.structs.replace(file, expires_at=datetime.now(UTC))
    library.files[file.id] = ended
    files.invalidate(file.id)
    await files.get(file.id, allow)
    assert files.get_cached(file.id.hex) is None


async def test_access_to_a_private_file_is_checked_each_time(library: Library, clock: Clock) -> None:
    files, file = FileCache(library), library.add(acl=Acl(AclEffect.FORBID))  # type: ignore[arg-type]
    await files.get(file.id, allow)
    assert files.get_cached(file.id.hex) is None

    async def refuse(file: File) -> None:
        raise Forbidden

    with pytest.raises(Forbidden):
        await files.get(file.id, refuse)
    assert library.looked_up == 1


@pytest.mark.usefixtures("page_cache")
async def test_content_in_memory_has_a_limit(library: Library, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MAX_BYTES", 250_000)
    files, many = FileCache(library), [library.add() for _ in range(5)]  # type: ignore[arg-type]
    for file in many:
        response = await files.get(file.id, allow)
        assert (await call(response, http_scope())).body == bytes(100_000)
    assert [file for file in many if files.get_cached(file.id.hex)] == many[-2:]


@pytest.mark.usefixtures("page_cache")
async def test_content_that_was_read_is_not_read_again(library: Library, clock: Clock) -> None:
    files, file = FileCache(library), library.add()  # type: ignore[arg-type]
    first = await call(await files.get(file.id, allow), http_scope())
    library.path.write_bytes(b"")
    assert (await call(files.get_cached(file.id.hex), http_scope())).body == first.body == bytes(100_000)


async def test_file_that_is_deleted_while_it_is_looked_up_is_not_kept(library: Library, clock: Clock) -> None:
    file, files = library.add(), FileCache(library)  # type: ignore[arg-type]

    async def open_while_it_is_deleted(_: File) -> Path:
        files.invalidate(library.files.pop(file.id).id)
        return library.path

    library.open = open_while_it_is_deleted  # type: ignore[method-assign]
    await files.get(file.id, allow)
    assert files.get_cached(file.id.hex) is None
    with pytest.raises(NotFound):
        await files.get(file.id, allow)


async def test_file_trashed_elsewhere_is_asked_for_again_after_a_second(library: Library, clock: Clock) -> None:
    """No other caller gets it from the cache without being authorized."""
    file, cache = library.add(), FileCache(library)  # type: ignore[arg-type]
    await cache.get(file.id, allow)
    assert cache.get_cached(file.id.hex) is not None
    library.files[file.id] = msgspec.structs.replace(file, trashed_at=datetime.now(UTC))
    clock.now += 1
    assert cache.get_cached(file.id.hex) is None
    await cache.get(file.id, allow)
    assert cache.get_cached(file.id.hex) is None
