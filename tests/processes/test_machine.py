"""What a container may use, in folders that look like its /proc and /sys."""

import os
import tempfile
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from mediatheque.processes import machine, temporary
from mediatheque.records.embedded import EmbeddedConfig
from mediatheque.records.embedded import config as embedded_config

MIB = 1 << 20
TOTAL = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize(
    ("groups", "limits", "expected"),
    [
        ("0::/", {"memory.max": "734003200"}, 700 * MIB),
        ("0::/", {"memory.max": "max", "memory.high": "734003200"}, 700 * MIB),
        ("0::/a/b", {"a/memory.max": "734003200", "a/b/memory.max": "max"}, 700 * MIB),
        ("0::/a/b", {"a/memory.max": "999999999", "a/b/memory.high": "734003200"}, 700 * MIB),
        ("0::/host/only", {"memory.max": "734003200"}, 700 * MIB),
        ("0::/../other", {"memory.max": "734003200"}, 700 * MIB),
        ("5:memory:/docker/1", {"memory/docker/1/memory.limit_in_bytes": "734003200"}, 700 * MIB),
        ("5:memory:/docker/1", {"memory/memory.limit_in_bytes": "734003200"}, 700 * MIB),
        ("5:cpu,memory:/a/b", {"memory/a/memory.limit_in_bytes": "734003200"}, 700 * MIB),
        ("5:memory:/\n0::/a", {"unified/a/memory.max": "734003200"}, 700 * MIB),
        ("5:memory:/", {"memory/memory.limit_in_bytes": "9223372036854771712"}, TOTAL),
        ("0::/", {"memory.max": "max"}, TOTAL),
        ("0::/", {}, TOTAL),
        ("4:cpu:/", {"memory.max": "734003200"}, TOTAL),
    ],
)
def test_the_lowest_limit_of_all_groups_counts(
    groups: str, limits: dict[str, str], expected: int, tmp_path: Path
) -> None:
    assert machine.memory_bytes(container(tmp_path, groups, limits)) == expected


@pytest.mark.parametrize(
    ("groups", "limits", "expected"),
    [
        ("0::/", {"cpu.max": "100000 100000"}, 1),
        ("0::/", {"cpu.max": "50000 100000"}, 1),
        ("0::/", {"cpu.max": "150000 100000"}, 2),
        ("0::/", {"cpu.max": "max 100000"}, 3),
        ("0::/", {"cpu.max": "900000 100000"}, 3),
        ("0::/a/b", {"a/cpu.max": "100000 100000", "a/b/cpu.max": "max 100000"}, 1),
        ("1:cpu:/", {"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ("1:cpu,cpuacct:/a", {"cpu,cpuacct/a/cpu.cfs_quota_us": "1", "cpu,cpuacct/a/cpu.cfs_period_us": "9"}, 1),
        ("1:cpu:/", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 3),
        ("0::/", {}, 3),
    ],
)
def test_the_quota_and_the_affinity_bound_the_processors(
    groups: str, limits: dict[str, str], expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5, 7}, raising=False)
    assert machine.processors(container(tmp_path, groups, limits)) == expected


def test_numpy_starts_a_thread_for_each_processor_unless_told_otherwise() -> None:
    environment: dict[str, str] = {}
    machine.limit_threads_of_numpy(environment)
    assert environment == {"OPENBLAS_NUM_THREADS": str(machine.processors())}
    given = {"OPENBLAS_NUM_THREADS": "7"}
    machine.limit_threads_of_numpy(given)
    assert given == {"OPENBLAS_NUM_THREADS": "7"}


def container(root: Path, groups: str, limits: dict[str, str]) -> Path:
    """A folder with `proc` and `sys` in it."""
    files = {"proc/self/cgroup": groups, **{f"sys/fs/cgroup/{name}": text for name, text in limits.items()}}
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
    return root


def test_without_proc_the_whole_machine_counts(tmp_path: Path) -> None:
    assert machine.memory_bytes(tmp_path) == TOTAL
    assert machine.largest_segment_bytes(tmp_path) == 0


def test_shared_memory_that_cannot_be_written_is_none(tmp_path: Path) -> None:
    assert machine.shared_memory_bytes(tmp_path) > 0
    assert machine.shared_memory_bytes(tmp_path / "missing") == 0


@pytest.mark.parametrize(
    ("memory", "cache", "for_an_index"),
    [(200 * MIB, "32MB", "64MB"), (700 * MIB, "87MB", "87MB"), (64 << 30, "2048MB", "512MB")],
)
def test_postgres_takes_its_share_of_what_the_container_may_use(
    memory: int, cache: str, for_an_index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_config, "memory_bytes", lambda: memory)
    config = EmbeddedConfig(data=Path("data"))
    assert (config.shared_buffers, config.maintenance_work_mem) == (cache, for_an_index)


@pytest.mark.parametrize(
    ("shared", "segment", "kind"),
    [(8 << 30, 1 << 62, "posix"), (64 * MIB, 1 << 62, "sysv"), (0, 1 << 62, "sysv"), (64 * MIB, 32 * MIB, "mmap")],
)
def test_small_shared_memory_is_not_used_by_postgres(
    shared: int, segment: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_config, "shared_memory_bytes", lambda: shared)
    monkeypatch.setattr(embedded_config, "largest_segment_bytes", lambda: segment)
    assert EmbeddedConfig(data=Path("data")).shared_memory_type == kind


@pytest.fixture
def no_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/does/not/exist")
    monkeypatch.setattr(tempfile, "tempdir", None)

    def nowhere() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(tempfile, "_get_default_tempdir", nowhere)


@pytest.mark.usefixtures("no_temporary_folder")
def test_temporary_files_are_in_the_data_folder_when_there_is_no_other_place(tmp_path: Path) -> None:
    temporary.ensure_temporary_folder(tmp_path / "data" / "tmp")
    with tempfile.TemporaryFile():
        assert os.environ["TMPDIR"] == tempfile.gettempdir() == str(tmp_path / "data" / "tmp")


def test_a_temporary_folder_that_works_is_kept(tmp_path: Path) -> None:
    before = tempfile.gettempdir()
    temporary.ensure_temporary_folder(tmp_path / "tmp")
    assert tempfile.gettempdir() == before
    assert not (tmp_path / "tmp").exists()


def test_the_current_folder_is_no_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "work"))
    monkeypatch.setenv("TMPDIR", "/does/not/exist")
    temporary.ensure_temporary_folder(tmp_path / "tmp")
    assert tempfile.gettempdir() == str(tmp_path / "tmp")


def test_without_any_folder_the_start_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(Path.cwd()))
    (tmp_path / "file").touch()
    with capture_logs() as logs:
        temporary.ensure_temporary_folder(tmp_path / "file" / "tmp")
    assert [log["event"] for log in logs] == ["no_temporary_folder"]
