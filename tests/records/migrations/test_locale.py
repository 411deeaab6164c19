"""A database of one's own with the locale C folds letters as the embedded one does."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest

from tests.records.migrations.schema import migrate_to


@pytest.fixture
def ascii_url(postgres: str) -> Iterator[str]:
    """URL of an empty database with the locale C, as `createdb --locale=C --template=template0` makes it."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER libc")
        yield postgres.replace("@/mediatheque?", f"@/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _workspace(connection: psycopg.Connection) -> uuid.UUID:
    id = uuid.uuid4()
    connection.execute("INSERT INTO workspace (id, name) VALUES (%s, 'w')", (id,))
    return id


def _insert_tag(connection: psycopg.Connection, workspace: uuid.UUID, name: str) -> None:
    connection.execute("INSERT INTO tag (id, workspace_id, name) VALUES (%s, %s, %s)", (uuid.uuid4(), workspace, name))


def test_locale_c_folds_all_letters(ascii_url: str) -> None:
    migrate_to(ascii_url, "head")
    with psycopg.connect(ascii_url, autocommit=True) as connection:
        assert connection.execute("SELECT lower('É')").fetchone() == ("É",)  # the locale is C indeed
        folded = connection.execute("SELECT fold('ÉTÉ ΣΊΣΥΦΟΣ Größe'), search_text('夜景 Été!')").fetchone()
        assert folded == ("été σίσυφοσ größe", "u591cx666fx u666fx été")
        workspace = _workspace(connection)
        _insert_tag(connection, workspace, "ÉTÉ")
        with pytest.raises(psycopg.errors.UniqueViolation):
            _insert_tag(connection, workspace, "été")
        found = connection.execute(
            "SELECT document_of('L\u2019été à Kraków', '', '') @@ to_tsquery('simple', '''été'' & ''kraków''')"
        )
        assert found.fetchone() == (True,)


def test_tags_that_differed_in_locale_c_both_stay(ascii_url: str) -> None:
    """The younger one gets its id into its name; assets keep their tags."""
    migrate_to(ascii_url, "0011")
    with psycopg.connect(ascii_url, autocommit=True) as connection:
        workspace = _workspace(connection)
        for name in ("ÉTÉ", "été", "Été", "hiver"):
            _insert_tag(connection, workspace, name)
    migrate_to(ascii_url, "head")
    with psycopg.connect(ascii_url, autocommit=True) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM tag ORDER BY created_at, id")]
    assert len({name.lower() for name in names}) == len(names) == 4
    assert {name.split()[0] for name in names} == {"ÉTÉ", "été", "Été", "hiver"}
    assert sorted(len(name.split()) for name in names) == [1, 1, 2, 2]
