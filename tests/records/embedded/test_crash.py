import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from structlog.testing import capture_logs

from mediatheque.records.embedded import EmbeddedPostgres, StartupError, running_conninfo
from tests.records.embedded import clusters


class Writers:
    """Threads that insert numbers, reconnecting when they must, and remember what was acknowledged."""

    def __init__(self, url: str, threads: int = 3) -> None:
        self.acknowledged: list[int] = []
        self._url = url
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=[n << 32]) for n in range(threads)]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def go_on(self, more: int) -> None:
        """Wait for this many acknowledgements."""
        enough = len(self.acknowledged) + more
        clusters.eventually(lambda: len(self.acknowledged) > enough)

    def lost(self) -> set[int]:
        with psycopg.connect(self._url) as connection:
            kept = {n for (n,) in connection.execute("SELECT n FROM kept")}
        return set(self.acknowledged) - kept

    def _write(self, n: int) -> None:
        while not self._done.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True) as connection:
                    while not self._done.is_set():
                        n += 1
                        connection.execute("INSERT INTO kept VALUES (%s)", [n])
                        self.acknowledged.append(n)
            except psycopg.OperationalError:
                time.sleep(0.005)


def kill_and_wait(server: EmbeddedPostgres) -> float:
    """Kill the postmaster; seconds until the next one takes connections."""
    killed, data = server.pid, server.config.data
    assert killed
    os.kill(killed, signal.SIGKILL)
    return clusters.eventually(lambda: server.pid != killed and running_conninfo(data))


def test_killed_postgres_restarts_with_every_commit(data: Path) -> None:
    server = EmbeddedPostgres(clusters.config(data))
    with server as url:
        with Writers(url) as writers:
            away = []
            for _ in range(3):
                writers.go_on(100)
                away.append(kill_and_wait(server))
            writers.go_on(10)
        assert not writers.lost()
    assert min(away) < 3.0, away  # 0.2 s on an idle machine; recovery syncs the whole cluster, which others slow down
    assert not clusters.living(data)


def test_busy_backend_does_not_delay_restart(data: Path) -> None:
    server = EmbeddedPostgres(clusters.config(data))
    with server as url:
        connection = psycopg.connect(url)
        busy = connection.info.backend_pid

        def work() -> None:
            with pytest.raises(psycopg.OperationalError):
                connection.execute("DO $$ BEGIN LOOP END LOOP; END $$")

        thread = threading.Thread(target=work)
        thread.start()
        clusters.eventually(lambda: "R" in Path(f"/proc/{busy}/stat").read_text().rsplit(")", 1)[1])
        kill_and_wait(server)
        thread.join()
        connection.close()
        assert not Path(f"/proc/{busy}/cmdline").exists() or not Path(f"/proc/{busy}/cmdline").read_bytes()


def test_failing_restart_is_retried(data: Path) -> None:
    server = EmbeddedPostgres(clusters.config(data))
    settings = data / "postgres" / "postgresql.conf"
    good = settings.read_bytes()
    with server, capture_logs() as logs:
        settings.write_bytes(b"nonsense\n")
        assert server.pid
        os.kill(server.pid, signal.SIGKILL)
        clusters.eventually(lambda: len(logs) >= 4)
        settings.write_bytes(good)
        clusters.eventually(lambda: running_conninfo(data))
    pauses = [line["restart_after"] for line in logs if "restart_after" in line]
    assert pauses[0] == 0
    assert pauses[1:] == sorted(pauses[1:])
    assert all(pauses[1:])
    assert any("syntax error" in line.get("log", "") for line in logs)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_owner_leaves_no_processes(data: Path, number: int) -> None:
    process, url = clusters.owner(data, "unprepared")
    with Writers(url) as writers:
        writers.go_on(200)
        assert clusters.end(process, number) == -number
        clusters.eventually(lambda: not clusters.living(data))
    with EmbeddedPostgres(clusters.config(data)):
        assert not writers.lost()


def test_next_owner_waits_for_shutdown(data: Path) -> None:
    process, _ = clusters.owner(data, "unprepared")
    clusters.end(process, signal.SIGKILL)
    with EmbeddedPostgres(clusters.config(data)) as url:
        psycopg.connect(url).close()


def test_an_orderly_owner_shuts_down_on_sigterm(data: Path) -> None:
    process, _ = clusters.owner(data)
    assert clusters.end(process, signal.SIGTERM) == 0
    assert not clusters.living(data)
    assert "database system is shut down" in (data / "postgres.log").read_text()


def test_pid_file_of_other_process_is_cleared(data: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        leave_behind(data, f"{stranger.pid}\n{data}/postgres\n1\n5432\n{data}/postgres\n\n1 1\nready   \n")
        assert running_conninfo(data) is None
        with EmbeddedPostgres(clusters.config(data)) as url:
            psycopg.connect(url).close()
        assert stranger.poll() is None
        stranger.kill()


def test_pid_file_of_other_cluster_harms_neither(data: Path, made: Path, tmp_path: Path) -> None:
    other = EmbeddedPostgres(clusters.config(clusters.copy(made, tmp_path / "other")))
    with other as others_url:
        leave_behind(data, f"{other.pid}\n{data}/postgres\n1\n5432\n{data}/postgres\n\n1 1\nready   \n")
        assert running_conninfo(data) is None
        with EmbeddedPostgres(clusters.config(data)) as url:
            psycopg.connect(url).close()
        psycopg.connect(others_url).close()


@pytest.mark.parametrize("content", ["", "123", "\n\n\n\n\n\n\n\n", "99999999\n/x\n", "\0\xff" * 50])
def test_a_half_written_pid_file_is_cleared(data: Path, content: str) -> None:
    leave_behind(data, content)
    assert running_conninfo(data) is None
    with EmbeddedPostgres(clusters.config(data)) as url:
        psycopg.connect(url).close()


def test_zombie_is_ignored(data: Path) -> None:
    with subprocess.Popen(["/bin/true"]) as zombie:
        clusters.eventually(lambda: "Z" in Path(f"/proc/{zombie.pid}/stat").read_text())
        leave_behind(data, f"{zombie.pid}\n{data}/postgres\n1\n5432\n{data}/postgres\n\n1 1\nready   \n")
        assert running_conninfo(data) is None
        with EmbeddedPostgres(clusters.config(data)) as url:
            psycopg.connect(url).close()


def test_foreign_postgres_on_folder_is_refused(data: Path) -> None:
    server = EmbeddedPostgres(clusters.config(data))
    server.start()
    server.stop()
    theirs = clusters.start_by_hand(server.config)
    try:
        with pytest.raises(StartupError, match=f"Process {theirs.pid} runs a PostgreSQL of its own"):
            EmbeddedPostgres(clusters.config(data)).start()
        assert theirs.poll() is None
    finally:
        theirs.terminate()
        theirs.wait()


def leave_behind(data: Path, pid_file: str) -> None:
    """What a crash leaves in the cluster's folder."""
    cluster = data / "postgres"
    for name, content in {"postmaster.pid": pid_file, ".s.PGSQL.5432.lock": pid_file, ".s.PGSQL.5432": ""}.items():
        (cluster / name).write_text(content)
        os.chown(cluster / name, cluster.stat().st_uid, cluster.stat().st_gid)
