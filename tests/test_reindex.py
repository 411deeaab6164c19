"""`mediatheque reindex` beside a running server: searches find something all the time, and nothing is left behind."""

import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from tests import command_line, samples
from tests.durability.helpers import processes
from tests.durability.helpers.processes import eventually
from tests.embedding import onnx_pair
from tests.server import PROGRAM, Serve

_LACKING = """
    SELECT count(*) FROM asset a WHERE NOT EXISTS (
        SELECT FROM embedding e JOIN embedding_model m ON m.id = e.model_id
        WHERE m.active AND e.asset_id = a.id AND e.vector IS NOT NULL
    )
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Two models."""
    clip, siglip = tmp_path_factory.mktemp("clip"), tmp_path_factory.mktemp("siglip")
    return f"onnx-clip:{onnx_pair.clip_like(clip)}", f"onnx-clip:{onnx_pair.siglip_like(siglip)}"


@pytest.fixture
def serve(tmp_path: Path, folders: tuple[str, str]) -> Iterator[Serve]:
    """A server with its worker, and the first model."""
    with started(tmp_path, MEDIATHEQUE_EMBEDDING_MODEL=folders[0]) as server:
        yield server


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory, folders: tuple[str, str]) -> Iterator[Serve]:
    """The same for tests that change neither the model nor the server."""
    with started(tmp_path_factory.mktemp("lasting"), MEDIATHEQUE_EMBEDDING_MODEL=folders[0]) as server:
        yield server


@contextmanager
def started(folder: Path, **env: str) -> Iterator[Serve]:
    with Serve(folder / "data", env={"MEDIATHEQUE_RUN_WORKER": "true", **env}) as server:
        yield server
    processes.kill(process.pid for process in processes.server_processes(server.data))


def upload(server: Serve, seed: int) -> None:
    files = {"file": ("x.png", samples.png(seed=seed), "image/png")}
    answer = httpx.post(f"{server.url}/assets", files=files, headers=bearer(server), timeout=30)
    assert answer.is_success, answer.text


def search(server: Serve) -> list[dict[str, object]]:
    answer = httpx.get(f"{server.url}/v1/assets?q=red&limit=10", headers=bearer(server), timeout=30)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()["assets"]
    return found


def bearer(server: Serve) -> dict[str, str]:
    return {"authorization": f"Bearer {server.key}"}


def command(server: Serve, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PROGRAM, "reindex", *arguments, "--data", server.data],
        env=server.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def reindex(server: Serve, model: str) -> command_line.Ended:
    return command_line.here("reindex", model, "--data", server.data)


def ask(server: Serve, query: str) -> int:
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
        assert row
        return int(row[0])


def embedded(server: Serve) -> bool:
    return ask(server, _LACKING) == 0


class Meanwhile:
    """Searches and uploads that go on until they are stopped."""

    def __init__(self, server: Serve) -> None:
        self.faults: list[str] = []
        self.searches = self.uploads = 0
        self._server = server
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._search, self._upload)]

    def _search(self) -> None:
        while not self._ending.is_set():
            try:
                if not search(self._server):
                    self.faults.append("nothing was found")
            except (AssertionError, httpx.HTTPError) as error:
                self.faults.append(repr(error))
            self.searches += 1

    def _upload(self) -> None:
        while not self._ending.wait(0.1):
            try:
                upload(self._server, 1000 + self.uploads)
            except (AssertionError, httpx.HTTPError) as error:
                self.faults.append(repr(error))
            self.uploads += 1

    def __enter__(self) -> "Meanwhile":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def default(tmp_path: Path) -> Iterator[Serve]:
    """A server with its worker, and the model that it comes with, whose vectors have other lengths."""
    with started(tmp_path) as server:
        yield server


def test_reindex_beside_a_used_server(default: Serve, folders: tuple[str, str]) -> None:
    serve = default
    for seed in range(30):
        upload(serve, seed)
    eventually(lambda: embedded(serve), 120)
    with Meanwhile(serve) as meanwhile:
        eventually(lambda: meanwhile.searches > 3, 120)
        out, err = (work := command(serve, folders[1])).communicate(timeout=120)
        before = meanwhile.searches
        eventually(lambda: meanwhile.searches > before + 3, 120)
    assert work.returncode == 0, err
    assert meanwhile.faults == []
    assert meanwhile.uploads > 0
    assert folders[1] in out
    assert "asset/s" in err  # the bar, though nobody watches
    eventually(lambda: embedded(serve), 120)
    assert ask(serve, "SELECT count(*) FROM embedding_model") == 1
    assert ask(serve, "SELECT count(DISTINCT model_id) FROM embedding") == 1
    assert ask(serve, "SELECT count(*) FROM pg_indexes WHERE indexname ~ '^embedding_vectors_'") == 1
    assert ask(serve, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0
    assert "Traceback" not in serve.log()


@pytest.mark.stress
def test_killed_reindex_continues(serve: Serve, folders: tuple[str, str]) -> None:
    for seed in range(60):
        upload(serve, seed)
    eventually(lambda: embedded(serve), 120)
    done = "SELECT count(DISTINCT asset_id) FROM embedding WHERE model_id = (SELECT max(id) FROM embedding_model)"
    second = "SELECT count(*) - 1 FROM embedding_model"
    work = command(serve, folders[1])
    eventually(lambda: ask(serve, second) and ask(serve, done) >= 5, 120)
    work.send_signal(signal.SIGKILL)
    work.communicate()
    survived = ask(serve, done)
    assert survived < 60, "it was too fast for this test"
    assert search(serve)
    stamps = f"SELECT count(*) FROM embedding WHERE xmin::text::bigint > {ask(serve, 'SELECT txid_current()')}"
    out, err = (work := command(serve, folders[1])).communicate(timeout=120)
    assert work.returncode == 0, err
    assert out.startswith(f"{60 - survived} assets ")
    assert ask(serve, stamps) == 60 - survived
    assert embedded(serve)


def test_wrong_model_is_refused_in_one_line(lasting: Serve, folders: tuple[str, str], tmp_path: Path) -> None:
    serve = lasting
    (tmp_path / "empty").mkdir()
    broken = tmp_path / "broken"
    shutil.copytree(folders[1].partition(":")[2], broken)
    (broken / "text_model_quantized.onnx").write_bytes(b"no model")
    for model, said in (
        (f"onnx-clip:{tmp_path / 'away'}", "There is no folder"),
        (f"onnx-clip:{tmp_path / 'empty'}", "text_model.onnx"),
        (f"onnx-clip:{broken}", "is not an ONNX model"),
        ("unheard-of", "onnx-clip"),
    ):
        ended = reindex(serve, model)
        assert (ended.returncode, ended.stdout) == (1, ""), (model, ended.stderr)
        lines = [line for line in ended.stderr.splitlines() if line.startswith("mediatheque: ")]
        assert len(lines) == 1
        assert said in lines[0]
        assert "Traceback" not in ended.stderr
    with psycopg.connect(serve.database_url) as connection:  # as another reindex would
        connection.execute("SELECT pg_advisory_lock(hashtextextended('reindex', 0))")
        ended = reindex(serve, folders[1])
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines()[-1] == "mediatheque: Another reindex is at work on this library."
    for outcome in (r"uses it now|used it before", "used it before"):
        ended = reindex(serve, folders[0])
        assert ended.returncode == 0, ended.stderr
        said = rf"\d+ assets were embedded with \S+ \(\S+\)\. The search (?:{outcome})\.\n"
        assert re.fullmatch(said, ended.stdout)


def test_the_worker_is_killed_in_the_middle_and_another_one_goes_on(lasting: Serve) -> None:
    serve = lasting
    upload(serve, 0)
    eventually(lambda: embedded(serve), 120)
    with psycopg.connect(serve.database_url) as connection:  # it cannot note what it found
        connection.execute("LOCK TABLE embedding IN SHARE MODE")
        upload(serve, 1)
        eventually(lambda: ask(serve, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'"), 120)
        processes.kill(process.pid for process in processes.task_workers(serve.data))
    assert eventually(lambda: embedded(serve), 120) < 100


def test_server_without_its_model_accepts_uploads(serve: Serve, folders: tuple[str, str], tmp_path: Path) -> None:
    upload(serve, 0)
    eventually(lambda: embedded(serve), 120)
    assert search(serve)
    with psycopg.connect(serve.database_url, autocommit=True) as connection:
        connection.execute("UPDATE embedding_model SET spec = %s", [f"onnx-clip:{tmp_path / 'away'}"])
    serve.stop()
    serve.start()
    assert "configured_model_not_active" in serve.log()
    answer = httpx.get(f"{serve.url}/v1/assets?q=red", headers=bearer(serve), timeout=30)
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert str(tmp_path) not in answer.text
    begun = time.monotonic()
    upload(serve, 1)
    assert time.monotonic() - begun < 30
    eventually(lambda: 'task="embed_asset"} 1.0' in httpx.get(f"{serve.url}/metrics").text, 120)
