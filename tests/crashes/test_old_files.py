"""Kills while a worker reads the files of an older version: in the end each was read, once."""

import os
import time
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.dialects.native.endpoints import auth, create, inline
from tests.media.metadata import written
from tests.server import Serve

KILLS = int(os.environ.get("MEDIATHEQUE_TEST_KILLS", "1"))
FILES = 40
UNREAD = "SELECT count(*) FROM blob WHERE crc32 IS NULL"
WORKER = {"MEDIATHEQUE_RUN_WORKER": "true"}


def unread(database_url: str) -> int:
    with psycopg.connect(database_url) as database:
        (number,) = database.execute(UNREAD).fetchone() or (0,)
        return int(number)


@pytest.mark.sampled
@pytest.mark.timeout(900)
def test_reading_goes_on_after_kills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    with Serve(data) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        key, ids = server.key, list[str]()
        for n in range(FILES):
            said = written.png({"parameters": f"a zebra{n}\nSteps: {n + 1}"})
            ids.append(create(client, key, inline(said)).json()["id"])
        with psycopg.connect(server.database_url) as database:
            database.execute("UPDATE blob SET crc32 = NULL")
            database.execute("DELETE FROM embedded_metadata")
            database.execute("UPDATE asset SET document = ''")
    for kill in range(min(KILLS, 10)):
        server = Serve(data, env=WORKER).start()
        left, deadline = unread(server.database_url), time.monotonic() + 60
        while left and unread(server.database_url) > left * (9 - kill % 3) // 10 and time.monotonic() < deadline:
            time.sleep(0.005)
        server.kill()
    with Serve(data, env=WORKER) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        deadline = time.monotonic() + 120
        while unread(server.database_url):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        with psycopg.connect(server.database_url) as database:
            read = database.execute("SELECT count(*), count(DISTINCT generation ->> 'prompt') FROM embedded_metadata")
            assert read.fetchone() == (FILES, FILES)
        for n in (0, FILES // 2, FILES - 1):
            found = client.get("/api/search", params={"q": f"zebra{n}"}, headers=auth(key)).json()["items"]
            assert found[0]["id"] == ids[n]
