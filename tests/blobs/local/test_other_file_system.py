"""A spool that is not on the file system of the store: its files are copied."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from mediatheque.blobs import Disk
from mediatheque.errors import BlobsUnavailable


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than `tmp_path`: in shared memory."""
    folder = Path("/dev/shm") / f"mediatheque-test-{secrets.token_hex(8)}"
    folder.mkdir()
    assert folder.stat().st_dev != tmp_path.stat().st_dev
    yield folder
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


async def test_files_are_copied_into_the_store(elsewhere: Path, tmp_path: Path) -> None:
    disk = Disk(tmp_path / "blobs")
    with structlog.testing.capture_logs() as logged:
        for content in (b"first", b"second"):
            (elsewhere / "a.spool").write_bytes(content)
            key = await disk.put_file(elsewhere / "a.spool")
            assert disk.local_path(key).read_bytes() == content
            assert disk.local_path(key).stat().st_mode & 0o777 == 0o600
    assert [line["event"] for line in logged] == ["spool_on_another_file_system"]
    assert not list(elsewhere.iterdir())
    await disk.ready()
    await disk.close()


async def test_a_copy_that_fails_leaves_the_file_and_nothing_in_the_store(
    elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path / "blobs")
    (elsewhere / "a.spool").write_bytes(b"bytes")
    checks: list[None] = []

    def unmounted_during_the_copy() -> None:
        checks.append(None)
        if len(checks) > 1:
            raise BlobsUnavailable

    monkeypatch.setattr(disk._mark, "check", unmounted_during_the_copy)
    with pytest.raises(BlobsUnavailable):
        await disk.put_file(elsewhere / "a.spool")
    monkeypatch.undo()
    assert (elsewhere / "a.spool").exists()
    assert [stored async for stored in disk.list_objects()] == []
    await disk.close()
