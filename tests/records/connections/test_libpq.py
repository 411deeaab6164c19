"""Variables of libpq: none counts for the embedded database; encoding, date style and time zone are always ours."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from psycopg.pq import Conninfo

from mediatheque.records.database import Database, DatabaseConfig, fetch_one
from mediatheque.records.embedded import EmbeddedPostgres, running_conninfo
from mediatheque.records.migrate import migrate
from tests.records.embedded import clusters

HOSTILE = {
    "PGSERVICE": "nowhere",
    "PGSERVICEFILE": "/does/not/exist",
    "PGSYSCONFDIR": "/does/not/exist",
    "PGHOST": "192.0.2.1",
    "PGHOSTADDR": "192.0.2.1",
    "PGPORT": "1",
    "PGUSER": "nobody",
    "PGPASSWORD": "wrong",
    "PGPASSFILE": "/does/not/exist",
    "PGDATABASE": "missing",
    "PGOPTIONS": "-c default_transaction_read_only=on",
    "PGAPPNAME": "x",
    "PGCONNECT_TIMEOUT": "x",
    "PGSSLMODE": "verify-full",
    "PGSSLROOTCERT": "/does/not/exist",
    "PGREQUIREAUTH": "scram-sha-256",
    "PGREQUIREPEER": "nobody",
    "PGCHANNELBINDING": "require",
    "PGGSSENCMODE": "require",
    "PGMAXPROTOCOLVERSION": "x",
    "PGTARGETSESSIONATTRS": "standby",
    "PGLOADBALANCEHOSTS": "x",
    "PGCLIENTENCODING": "LATIN1",
    "PGDATESTYLE": "nonsense",
    "PGTZ": "nonsense",
    "PGGEQO": "nonsense",
}


async def test_the_embedded_database_ignores_every_variable(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    with EmbeddedPostgres(clusters.config(data)):
        for name, value in HOSTILE.items():
            monkeypatch.setenv(name, value)
        url = running_conninfo(data)
        assert url
        migrate(url)
        async with Database(DatabaseConfig(url=url, pool_min=1)) as database, database.transaction() as conn:
            await conn.execute("CREATE TABLE written (n int)")
    known = {option.envvar.decode() for option in Conninfo.get_defaults() if option.envvar}
    assert not (known | HOSTILE.keys()) & os.environ.keys()  # child processes have none either


@pytest.mark.parametrize(
    ("environment", "query"),
    [
        ({"PGCLIENTENCODING": "LATIN1", "PGDATESTYLE": "German", "PGTZ": "Asia/Tokyo", "PGGEQO": "off"}, ""),
        ({"PGOPTIONS": "-c timezone=Asia/Tokyo -c datestyle=German --client-encoding=LATIN1"}, ""),
        ({}, "&client_encoding=LATIN1&options=-cTimeZone%3DAsia/Tokyo%20--DateStyle%3DGerman"),
    ],
)
async def test_encoding_date_style_and_time_zone_of_an_own_database_are_ours(
    database_url: str, environment: dict[str, str], query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config = DatabaseConfig(url=database_url + query, pool_min=1)
    async with Database(config) as database, database.connection() as conn:
        names = ("client_encoding", "DateStyle", "TimeZone", "geqo")
        shown = [await fetch_one(await conn.execute(f"SHOW {name}".encode())) for name in names]
        assert [value for row in shown for value in row.values()] == ["UTF8", "ISO, MDY", "UTC", "on"]
        row = await fetch_one(await conn.execute("SELECT now() AS now, %s AS text", ["夜景 🍯"]))
    assert row["now"].utcoffset() == timedelta(0)
    assert row["text"] == "夜景 🍯"


async def test_other_settings_of_the_environment_count_for_an_own_database(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c statement_timeout=7s")
    async with Database(DatabaseConfig(url=database_url, pool_min=1)) as database, database.connection() as conn:
        assert await fetch_one(await conn.execute("SHOW statement_timeout")) == {"statement_timeout": "7s"}
