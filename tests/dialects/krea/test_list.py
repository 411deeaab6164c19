"""GET /assets: pages, and cursors that are date-times."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database import rows
from tests.dialects.database.rows import BEGINNING, Row
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.krea.endpoints import LIST
from tests.dialects.krea.test_upload import post
from tests.dialects.wire.form import file_part, text_part

LARGEST = UUID(int=2**128 - 1)


def listed(client: httpx.Client, account: Account, **query: str) -> dict[str, object]:
    response = LIST.send(client, account.key, params=query)
    assert response.status_code == 200, response.text
    return dict(response.json())


def ids(body: dict[str, object]) -> list[UUID]:
    items = body["items"]
    assert isinstance(items, list)
    return [UUID(item["id"]) for item in items]


def test_empty_list_is_complete(client: httpx.Client, fresh: Account) -> None:
    assert listed(client, fresh) == {"items": [], "next_cursor": None, "nextCursor": None}


def test_list_is_newest_first_and_equals_uploads(client: httpx.Client, fresh: Account) -> None:
    posted = [
        post(client, fresh.key, text_part("description", "first"), file_part(samples.png())).json(),
        post(client, fresh.key, file_part(samples.wav(), filename="sound.wav")).json(),
    ]
    assert listed(client, fresh) == {"items": posted[::-1], "next_cursor": None, "nextCursor": None}


def test_metadata_has_title_name_and_stored_fields(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    asset = post(client, fresh.key, file_part(samples.png(), filename="Grüße.png")).json()
    stored.database.execute(
        """UPDATE asset SET metadata = '{"prompt": "a bear", "input_params": {"seed": 1}}' WHERE id = %s""",
        [asset["id"]],
    )
    items = listed(client, fresh)["items"]
    assert isinstance(items, list)
    assert items[0]["metadata"] == {
        "prompt": "a bear",
        "input_params": {"seed": 1},
        "title": "Grüße",
        "name": "Grüße.png",
    }


def test_page_size_defaults_to_100_and_is_at_most_1000(
    client: httpx.Client, fresh: Account, stored: StoredData
) -> None:
    rows.put_assets(stored, fresh, [Row(n, uuid4()) for n in range(101)])
    assert len(ids(listed(client, fresh))) == 100
    assert len(ids(listed(client, fresh, limit="1000"))) == 101
    for limit in ("0", "1001"):
        response = LIST.send(client, fresh.key, params={"limit": limit})
        assert response.status_code == 400
        LIST.check_error(response)


@pytest.fixture
def nothing_left(fresh: Account, stored: StoredData) -> Iterator[None]:
    """Other tests use the same special ids."""
    yield
    rows.clear(stored, fresh)


@pytest.mark.usefixtures("nothing_left")
def test_cursor_is_date_time_under_both_names(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    """It is the creation time of the last item, with its id in the fraction."""
    rows.put_assets(stored, fresh, [Row(0, LARGEST), Row(123_456, UUID(int=1)), Row(999_999, UUID(int=0))])
    body = listed(client, fresh, limit="1")
    cursor = body["next_cursor"]
    assert isinstance(cursor, str)
    assert body["nextCursor"] == cursor
    assert cursor == "2026-11-21T12:00:00.999999" + "0" * 39 + "Z"
    assert datetime.fromisoformat(cursor) == BEGINNING + timedelta(microseconds=999_999)
    second = listed(client, fresh, limit="1", cursor=cursor)
    assert second["next_cursor"] == "2026-11-21T12:00:00.123456" + "0" * 38 + "1Z"


@pytest.mark.parametrize(
    ("cursor", "older"),
    [
        ("2026-11-21T12:00:00Z", []),
        ("2026-11-21T12:00:00.000001Z", [0]),
        ("2026-11-21T12:00:00.0000010000Z", [0]),
        ("2026-11-21T12:00:00.0000010001Z", [1, 0]),
        ("2026-11-21T12:00:00.000002Z", [1, 0]),
        ("2026-11-21T12:00:00.0Z", []),
        ("2026-11-21T12:00:00.1Z", [2, 1, 0]),
        ("2026-11-21T12:00:01+00:00", [2, 1, 0]),
        ("2026-11-21T14:00:01+02:00", [2, 1, 0]),
        ("2026-11-21T13:59:59+02:00", []),
        ("2026-11-21T04:30:00.000001-07:30", [0]),
        ("2026-11-21t12:00:00.000001z", [0]),
        ("2026-11-21T14:00:00.000001 02:00", [0]),
        ("9999-12-31T23:59:59.999999Z", [2, 1, 0]),
        ("0001-01-01T00:00:00Z", []),
        ("2026-11-21T12:00:00.000001" + "0" * 39 + "Z", [0]),
        (f"2026-11-21T12:00:00.000001{LARGEST.int}+00:00", [1, 0]),
        (f"2026-11-21T14:00:00.000001{LARGEST.int}+02:00", [1, 0]),
        ("", [2, 1, 0]),
    ],
)
def test_date_time_cursor_lists_older_assets(
    client: httpx.Client, fresh: Account, stored: StoredData, cursor: str, older: list[int]
) -> None:
    """A space stands for an unescaped plus sign."""
    known = {n: uuid4() for n in range(3)}
    rows.put_assets(stored, fresh, [Row(n, id) for n, id in known.items()])
    assert ids(listed(client, fresh, cursor=cursor)) == [known[n] for n in older]


@pytest.mark.parametrize(
    "cursor",
    [
        *("now", "0", "1763726400", "2026-11-21", "2026-11-21T12:00:00", "2026-11-21 12:00:00Z", "2026-11-21T12:00Z"),
        *("2026-11-21T12:00:00.Z", "2026-11-21T12:00:00,5Z", "2026-11-21T12:00:00+0000", "2026-11-21T12:00:00+99:00"),
        *("2026-02-30T12:00:00Z", "2026-11-21T25:00:00Z", "2026-11-21T12:00:60Z", "0000-01-01T00:00:00Z"),
        *(
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59.9999999Z",
            "2026-11-21T12:00:00Z\n",
            " 2026-11-21T12:00:00Z",
        ),
        f"2026-11-21T12:00:00.000001{'9' * 39}Z",
        "２０26-11-21T12:00:00Z",  # noqa: RUF001 - digits, but not ASCII's
        "2026-11-21T12:00:00Z\0",
    ],
)
def test_invalid_cursor_is_refused(client: httpx.Client, account: Account, cursor: str) -> None:
    response = LIST.send(client, account.key, params={"cursor": cursor})
    assert response.status_code == 400, response.text
    LIST.check_error(response)
