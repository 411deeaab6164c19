"""Pages of every list: together they are the whole list, newest first, for any timestamps and page size."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.dialect import Endpoint
from tests.dialects.database import rows
from tests.dialects.database.rows import Row
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.browse import browsing as fal
from tests.dialects.heygen_v1 import endpoints as heygen_v1
from tests.dialects.heygen_v3 import endpoints as heygen_v3
from tests.dialects.krea import endpoints as krea
from tests.rounds import examples

Put = Callable[[StoredData, Account, Iterable[Row]], None]


class Listing(msgspec.Struct, frozen=True):
    """A list operation: how its items, its next cursor and its query are read and sent.

    `cuts`: asking for too many is no mistake.
    """

    endpoint: Endpoint
    items: Callable[[Any], list[dict[str, Any]]]
    cursor: Callable[[Any], str | None]
    query: dict[str, str] = {}
    param: str = "token"
    cuts: bool = False
    put: Put = rows.put_assets
    take: Callable[[StoredData, UUID], None] = rows.take_asset


LISTINGS = {
    "krea": Listing(krea.LIST, lambda body: body["items"], lambda body: body["next_cursor"], param="cursor"),
    "heygen_v1": Listing(heygen_v1.LIST, lambda body: body["data"]["assets"], lambda body: body["data"]["token"]),
    "heygen_v1 of a kind": Listing(
        heygen_v1.LIST,
        lambda body: body["data"]["assets"],
        lambda body: body["data"]["token"],
        {"file_type": "image", "folder_id": ""},
    ),
    "heygen_v1 folders": Listing(
        heygen_v1.FOLDERS,
        lambda body: body["data"]["folders"],
        lambda body: body["data"]["token"],
        {"name_filter": "WORD", "parent_id": ""},
        put=rows.put_folders,
        take=rows.take_folder,
    ),
    "heygen_v1 talking photos": Listing(heygen_v1.PHOTOS, lambda body: body["data"], lambda body: body["token"]),
    "heygen_v3": Listing(heygen_v3.LIST, lambda body: body["data"], lambda body: body["next_token"]),
    "fal": Listing(
        fal.LIST,
        lambda body: [{"id": asset["vector_id"]} for asset in body["assets"]],
        lambda body: body["next_cursor"],
        {"section": "uploads", "media_type": "image"},
        param="cursor",
        cuts=True,
    ),
}
ROWS = st.builds(Row, st.integers(0, 3), st.uuids())
MANY = st.lists(ROWS, max_size=12, unique_by=lambda row: row.id)
LIMITS = st.integers(1, 13)
QUICK = settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def nothing_left(fresh: Account, stored: StoredData) -> Iterator[None]:
    """Hypothesis generates the same ids again for the next test."""
    yield
    rows.clear(stored, fresh)


def page(
    listing: Listing, client: httpx.Client, account: Account, limit: int, cursor: str | None
) -> tuple[list[UUID], str | None]:
    query = {**listing.query, "limit": str(limit), **({listing.param: cursor} if cursor else {})}
    response = listing.endpoint.send(client, account.key, params=query)
    assert response.status_code == 200, response.text
    body = response.json()
    ids = [UUID(item["id"]) for item in listing.items(body)]
    assert len(ids) <= limit
    return ids, listing.cursor(body)


@pytest.mark.parametrize("name", LISTINGS)
@pytest.mark.sampled
@QUICK
@given(many=MANY, limit=LIMITS)
def test_pages_cover_the_whole_list(
    client: httpx.Client, fresh: Account, stored: StoredData, name: str, many: list[Row], limit: int
) -> None:
    listing = LISTINGS[name]
    rows.clear(stored, fresh)
    listing.put(stored, fresh, many)
    seen, cursor = page(listing, client, fresh, limit, None)
    pages = 1
    while cursor:
        more, cursor = page(listing, client, fresh, limit, cursor)
        assert more, "a page is announced only where there is one"
        seen += more
        pages += 1
        assert pages <= len(many), "the list ends"
    assert seen == [row.id for row in sorted(many, reverse=True)]
    assert pages == max(1, -(-len(many) // limit))


@pytest.mark.parametrize("name", LISTINGS)
@pytest.mark.sampled
@QUICK
@given(many=MANY, limit=st.integers(1, 4), data=st.data())
def test_concurrent_changes_do_not_disturb_pages(
    client: httpx.Client,
    fresh: Account,
    stored: StoredData,
    name: str,
    many: list[Row],
    limit: int,
    data: st.DataObject,
) -> None:
    listing = LISTINGS[name]
    rows.clear(stored, fresh)
    listing.put(stored, fresh, many)
    known, gone = {row.id: row for row in many}, set[UUID]()
    seen, cursor = page(listing, client, fresh, limit, None)
    while cursor:
        for row in data.draw(
            st.lists(ROWS.filter(lambda row: row.id not in known), max_size=2, unique_by=lambda r: r.id)
        ):
            known[row.id] = row
            listing.put(stored, fresh, [row])
        for id in data.draw(st.lists(st.sampled_from(sorted(known)), max_size=2)):
            gone.add(id)
            listing.take(stored, id)
        more, cursor = page(listing, client, fresh, limit, cursor)
        seen += more
        assert len(seen) <= len(known), "nothing twice"
    shown = [known[id] for id in seen]
    assert shown == sorted(set(shown), reverse=True), "newest first"
    assert {row.id for row in many} - gone <= set(seen), "what was there all the time is shown"


@pytest.mark.parametrize("name", LISTINGS)
def test_cursor_of_other_workspace_shows_nothing(
    client: httpx.Client, fresh: Account, account: Account, stored: StoredData, name: str
) -> None:
    """Even a cursor from this workspace shows nothing of it."""
    listing = LISTINGS[name]
    mine = [Row(number, UUID(int=(fresh.workspace_id.int + number) % 2**128)) for number in range(4)]
    listing.put(stored, fresh, mine)
    _, cursor = page(listing, client, fresh, 1, None)
    others, _ = page(listing, client, account, 50, cursor)
    assert not {row.id for row in mine} & set(others)
    assert page(listing, client, fresh, 50, cursor)[0] == [row.id for row in sorted(mine, reverse=True)][1:]


@pytest.mark.parametrize("limit", ["", "-1", "1.5", "1e1", "ten", "\uff11", "99999", "1 ", "+1", "0x1", "1" * 5000])
@pytest.mark.parametrize("name", LISTINGS)
def test_invalid_limit_is_refused(client: httpx.Client, account: Account, name: str, limit: str) -> None:
    if not (LISTINGS[name].cuts and limit.isdigit() and limit.isascii()):
        refused(LISTINGS[name], client, account, limit=limit)


@pytest.mark.parametrize("cursor", ["x", "AAAA", "0" * 32, "%00", "{}", "é", "\0", "=" * 32, "A" * 5000])
@pytest.mark.parametrize("name", LISTINGS)
def test_unknown_cursor_is_refused(client: httpx.Client, account: Account, name: str, cursor: str) -> None:
    refused(LISTINGS[name], client, account, **{LISTINGS[name].param: cursor})


def refused(listing: Listing, client: httpx.Client, account: Account, **query: str) -> None:
    response = listing.endpoint.send(client, account.key, params={**listing.query, **query})
    status, code = listing.endpoint.refusals["InvalidQuery"]
    assert response.status_code == status, response.text
    listing.endpoint.check_error(response, code)
