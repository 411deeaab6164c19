"""Data folders as machines have them: odd names, copies by hand, file systems without sockets or modes."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from mediatheque.records.embedded import EmbeddedPostgres, StartupError, copied, running_conninfo, socket
from mediatheque.records.embedded.identity import PRIVATE_UID, candidate_identities
from tests.records.embedded import clusters
from tests.records.embedded.test_identity import needs_root

EMPTY = [
    *("pg_notify", "pg_replslot", "pg_tblspc", "pg_twophase", "pg_serial", "pg_snapshots", "pg_commit_ts"),
    *("pg_stat_tmp", "pg_dynshmem", "pg_wal/archive_status", "pg_logical/snapshots", "pg_logical/mappings"),
]
PARALLEL = """
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SET enable_mergejoin = off; SET enable_nestloop = off;
"""


@pytest.fixture
def short() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="m") as folder:
        yield Path(folder)


def test_any_name_of_the_data_folder_works(made: Path, short: Path) -> None:
    data = clusters.copy(made, short / 'it\'s, "q" #1?x=%41&y [z] é 夜')
    with EmbeddedPostgres(clusters.config(data)) as url:
        assert running_conninfo(data) == url
        with psycopg.connect(url) as connection:
            assert connection.execute("SHOW data_directory").fetchone() == (str(data / "postgres"),)
            assert connection.execute("SHOW huge_pages").fetchone() == ("off",)


def test_a_copy_that_lost_folders_and_modes_starts_with_little_shared_memory(data: Path) -> None:
    for name in EMPTY:
        shutil.rmtree(data / "postgres" / name)
    for folder, _, files in os.walk(data / "postgres"):
        for name in files:
            Path(folder, name).chmod(0o444)
        Path(folder).chmod(0o777)
    with EmbeddedPostgres(clusters.config(data, shared_memory_type="sysv")) as url, psycopg.connect(url) as connection:
        connection.execute(PARALLEL)
        connection.execute("CREATE TABLE n AS SELECT generate_series(1, 20000) AS n")
        counted = connection.execute("SELECT count(*) FROM n JOIN n AS m USING (n)").fetchone()
        assert counted == (20000,)
        assert connection.execute("SHOW dynamic_shared_memory_type").fetchone() == ("sysv",)
    assert stat.S_IMODE((data / "postgres").stat().st_mode) == 0o700


def test_a_file_system_without_modes_is_one_line(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = data / "postgres"
    cluster.chmod(0o777)
    monkeypatch.setattr(copied, "_mend_modes", lambda *_: None)
    with pytest.raises(StartupError, match=r"is open to other users.*mount it with mode 0700"):
        EmbeddedPostgres(clusters.config(data)).start()


def test_a_disk_that_cannot_be_written_is_one_line(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "postgres" / "pg_notify").rmdir()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StartupError, match="cannot be mended: Read-only file system"):
        copied.mend_cluster(data / "postgres")


@needs_root
def test_a_copy_that_became_roots_is_given_away_where_there_are_no_namespaces() -> None:
    mapped, *others = candidate_identities((0, 0))
    assert mapped.mode == "map"
    assert {(other.mode, other.uid) for other in others} == {("switch", PRIVATE_UID)}


def test_the_socket_is_elsewhere_where_the_file_system_has_none(
    data: Path, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = data / "postgres"
    takes = socket._takes_sockets
    monkeypatch.setattr(socket, "_takes_sockets", lambda folder: folder != cluster and takes(folder))
    found = socket.socket_folder(clusters.config(data, runtime=short), cluster)
    assert found.parent == short
    assert stat.S_IMODE(found.stat().st_mode) == 0o700


def test_a_temporary_folder_that_is_no_use_is_passed_over(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = made / "postgres"
    monkeypatch.setattr(tempfile, "gettempdir", lambda: f"/{'t' * 100}")
    monkeypatch.setattr(socket, "_fits", lambda folder: folder != cluster and len(str(folder)) < 90)
    found = socket.socket_folder(clusters.config(made), cluster)
    assert found.parent != Path(tempfile.gettempdir())
    found.rmdir()


def test_a_folder_of_another_user_says_whose_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    owner, ours = tmp_path.stat().st_uid, os.geteuid()
    fault = f"Permission denied. {tmp_path} belongs to uid {owner}, and this is uid {ours}"
    with pytest.raises(StartupError, match=fault):
        EmbeddedPostgres(clusters.config(tmp_path)).start()
