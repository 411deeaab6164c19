import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from mediatheque.records.embedded import (
    DataFolderBusy,
    DataFolderLock,
    EmbeddedPostgres,
    StartupError,
    connect_or_start,
    processes,
    running_conninfo,
)
from tests.records.embedded import clusters


@pytest.fixture
def running(data: Path) -> Iterator[str]:
    with EmbeddedPostgres(clusters.config(data)) as url:
        yield url


def test_first_start_creates_database(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    with EmbeddedPostgres(clusters.config(data)) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_database(), current_user").fetchone() == ("mediatheque",) * 2
        row = connection.execute("SELECT getdatabaseencoding(), lower('ÄÉ'), 'b' < 'a', 'B' < 'a'").fetchone()
        assert row == ("UTF8", "äé", False, True)
        for extension in ("vector", "pg_trgm", "btree_gin", "unaccent"):
            connection.execute(f"CREATE EXTENSION {extension}")
        settings = ("synchronous_commit", "fsync", "data_checksums", "timezone", "listen_addresses")
        shown = [connection.execute(f"SHOW {name}").fetchone() for name in settings]
        assert shown == [("on",), ("on",), ("on",), ("UTC",), ("",)]
    assert not clusters.living(data)
    assert not (data / "postgres.new").exists()


def test_only_the_owner_can_reach_the_socket(running: str, data: Path) -> None:
    cluster = data / "postgres"
    assert stat.S_IMODE(cluster.stat().st_mode) == 0o700
    assert stat.S_IMODE((cluster / ".s.PGSQL.5432").stat().st_mode) == 0o700


def test_environment_is_not_inherited(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIATHEQUE_SECRET", "hush")
    monkeypatch.setenv("PGPORT", "1")
    server = EmbeddedPostgres(clusters.config(data))
    with server as url:
        psycopg.connect(url).close()
        assert b"hush" not in Path(f"/proc/{server.pid}/environ").read_bytes()


def test_statements_that_fail_leave_no_content_in_the_log(running: str, data: Path) -> None:
    with psycopg.connect(running) as connection, pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("SELECT 'private caption', 1/0")
    assert "private caption" not in (data / "postgres.log").read_text()


def test_the_caller_works_while_postgres_starts(data: Path) -> None:
    seen = []
    server = EmbeddedPostgres(clusters.config(data), meanwhile=lambda: seen.append(server.pid))
    with server:
        assert seen == [server.pid]
        assert server.pid


def test_a_caller_whose_work_fails_leaves_no_postgres(data: Path) -> None:
    def fail() -> None:
        raise ImportError("a package is missing")

    with pytest.raises(ImportError, match="a package is missing"):
        EmbeddedPostgres(clusters.config(data), meanwhile=fail).start()
    assert not clusters.living(data)
    DataFolderLock(data).acquire()


def test_the_caller_hears_of_a_start_that_fails_before_postgres_is_launched(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "somebody's file").touch()
    with pytest.raises(StartupError, match="is not empty"):
        EmbeddedPostgres(clusters.config(tmp_path), meanwhile=lambda: None).start()


def test_a_second_owner_is_refused_with_the_folder_and_the_pid(running: str, data: Path) -> None:
    with pytest.raises(DataFolderBusy, match=rf"{data} is in use by process {os.getpid()}\."):
        EmbeddedPostgres(clusters.config(data)).start()
    psycopg.connect(running).close()


def test_two_first_starts_at_once_leave_one_owner(tmp_path: Path) -> None:
    script = clusters.OWNER.replace("time.sleep(100)", "sys.stdin.read()")
    command = [sys.executable, "-c", script, str(tmp_path / "data"), "orderly"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    rivals = [subprocess.Popen(command, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    clusters.eventually(lambda: any(rival.poll() is not None for rival in rivals))
    winner, loser = sorted(rivals, key=lambda rival: rival.poll() is not None)
    assert "is in use by process" in loser.communicate()[1]
    assert "postgresql://" in winner.communicate()[0]
    assert (winner.returncode, loser.returncode) == (0, 1)


def test_a_forked_child_does_not_hold_the_folder(tmp_path: Path) -> None:
    script = (
        "import os, sys, time\nfrom pathlib import Path\n"
        "from mediatheque.records.embedded import DataFolderLock\n"
        "DataFolderLock(Path(sys.argv[1])).acquire()\n"
        "os.write(1, b'%d\\n' % os.fork())\ntime.sleep(100)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    children = [int(parent.stdout.readline()), int(parent.stdout.readline())]
    clusters.end(parent, signal.SIGKILL)
    try:
        DataFolderLock(tmp_path).acquire()
    finally:
        os.kill(max(children), signal.SIGKILL)


def test_a_data_folder_that_cannot_be_used_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartupError, match="cannot be used: Not a directory"):
        EmbeddedPostgres(clusters.config(tmp_path / "file" / "data")).start()


def test_another_major_version_is_refused(data: Path) -> None:
    (data / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(StartupError, match="made by PostgreSQL 17, and this is PostgreSQL 18"):
        EmbeddedPostgres(clusters.config(data)).start()


def test_a_folder_that_is_no_cluster_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "diary").write_text("mine")
    with pytest.raises(StartupError, match="holds no PostgreSQL cluster"):
        EmbeddedPostgres(clusters.config(tmp_path)).start()
    assert (tmp_path / "postgres" / "diary").read_text() == "mine"


def test_interrupted_first_start_is_repeated(tmp_path: Path) -> None:
    (tmp_path / "postgres.new" / "base").mkdir(parents=True)
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(clusters.config(tmp_path)) as url:
        psycopg.connect(url).close()


def test_a_folder_without_binaries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="There is no PostgreSQL in"):
        EmbeddedPostgres(clusters.config(tmp_path, binaries=tmp_path)).start()


def test_failed_start_reports_log_and_releases_lock(data: Path) -> None:
    with pytest.raises(StartupError, match='invalid value for parameter "work_mem": "lots"'):
        EmbeddedPostgres(clusters.config(data, settings={"work_mem": "lots"})).start()
    with EmbeddedPostgres(clusters.config(data)) as url:
        psycopg.connect(url).close()


def test_stop_may_be_called_twice_and_without_a_start(data: Path) -> None:
    server = EmbeddedPostgres(clusters.config(data))
    server.stop()
    server = EmbeddedPostgres(clusters.config(data))
    server.start()
    server.stop()
    server.stop()
    assert not clusters.living(data)


def test_a_long_log_is_set_aside(data: Path) -> None:
    (data / "postgres.log").write_bytes(b"x" * (11 << 20))
    with EmbeddedPostgres(clusters.config(data)):
        assert (data / "postgres.log").stat().st_size < 10_000
        assert (data / "postgres.log.1").stat().st_size == 11 << 20


@pytest.fixture
def deep(made: Path, tmp_path: Path) -> Path:
    """A data folder whose path is too long for a socket."""
    data = tmp_path / ("d" * 100) / "data"
    data.parent.mkdir()
    return clusters.copy(made, data)


@pytest.fixture
def runtime() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def test_long_path_uses_runtime_folder_for_socket(deep: Path, runtime: Path) -> None:
    with EmbeddedPostgres(clusters.config(deep, runtime=runtime)) as url:
        psycopg.connect(url).close()
        [folder] = runtime.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert running_conninfo(deep) == url
    assert not list(runtime.iterdir())


def test_a_socket_folder_left_by_a_crash_is_used_again(deep: Path, runtime: Path) -> None:
    with EmbeddedPostgres(clusters.config(deep, runtime=runtime)) as url:
        [folder] = runtime.iterdir()
        (folder / "left").touch()
    with EmbeddedPostgres(clusters.config(deep, runtime=runtime)) as again:
        assert again == url


def test_a_socket_folder_prepared_by_others_is_refused(deep: Path, runtime: Path) -> None:
    with EmbeddedPostgres(clusters.config(deep, runtime=runtime)):
        [folder] = runtime.iterdir()
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    with pytest.raises(StartupError, match=r"must be a folder of uid .* with mode 0700"):
        EmbeddedPostgres(clusters.config(deep, runtime=runtime)).start()


def test_no_place_for_a_socket_is_a_clear_error(deep: Path) -> None:
    with pytest.raises(StartupError, match="too long for a socket"):
        EmbeddedPostgres(clusters.config(deep, runtime=deep)).start()


def test_a_command_beside_the_server_uses_its_database(data: Path) -> None:
    assert running_conninfo(data) is None
    process, url = clusters.owner(data)
    with connect_or_start(clusters.config(data)) as found:
        assert found == url
        psycopg.connect(found).close()
    clusters.end(process, signal.SIGTERM)
    assert running_conninfo(data) is None


def test_a_command_without_a_server_starts_one_for_itself(data: Path) -> None:
    with connect_or_start(clusters.config(data)) as url:
        psycopg.connect(url).close()
        assert running_conninfo(data) == url
    assert not clusters.living(data)


def test_a_command_gives_up_on_a_folder_that_stays_locked(data: Path) -> None:
    with DataFolderLock(data), pytest.raises(DataFolderBusy), connect_or_start(clusters.config(data), timeout=0.2):
        pass


def test_processes_are_listed_without_proc(running: str, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own workers come and go; the postmaster stays."""
    known = {process.pid for process in clusters.living(data)}
    monkeypatch.setattr(processes, "_PROC", data / "no-such-folder")
    asked = {process.pid for process in clusters.living(data)}
    monkeypatch.undo()
    stayed = known & {process.pid for process in clusters.living(data)}
    assert stayed
    assert stayed <= asked
    monkeypatch.setattr(processes, "_PROC", data / "no-such-folder")
    assert running_conninfo(data) == running
