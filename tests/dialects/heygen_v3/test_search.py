"""GET /v3/assets/search: the workspace's images. Nothing is embedded here, so only text matches."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database import rows
from tests.dialects.database.rows import Row
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.heygen_v3.endpoints import SEARCH
from tests.dialects.krea import endpoints as krea
from tests.dialects.wire.form import CONTENT_TYPE, file_part, form, text_part


def search(client: httpx.Client, account: Account, query: str, **more: str) -> dict[str, Any]:
    response = SEARCH.send(client, account.key, params={"query": query, "type": "image", **more})
    assert response.status_code == 200, response.text
    return dict(response.json())


def found(client: httpx.Client, account: Account, query: str, **more: str) -> list[UUID]:
    return [UUID(item["id"]) for item in search(client, account, query, **more)["data"]]


def put(stored: StoredData, account: Account, at: int = 0, **media_info: Any) -> UUID:
    id = uuid4()
    rows.put_assets(stored, account, [Row(at, id)], **media_info)
    return id


@pytest.mark.parametrize(
    ("size", "orientation"), [((64, 48), "landscape"), ((48, 64), "portrait"), ((64, 64), "square")]
)
def test_search_response_is_complete(
    client: httpx.Client, fresh: Account, size: tuple[int, int], orientation: str
) -> None:
    """Each word of the description and the file name finds the image."""
    parts = [text_part("description", "by the sea"), file_part(samples.png(*size), filename="Holiday.png")]
    asset = krea.UPLOAD.send(client, fresh.key, content=form(*parts), headers={"Content-Type": CONTENT_TYPE}).json()
    answer = {
        "id": UUID(asset["id"]).hex,
        "url": asset["url"],
        "type": "image",
        "width": size[0],
        "height": size[1],
        "orientation": orientation,
    }
    for query in ("holiday", "sea", "PNG", "the HOLI", "by the sea"):
        assert search(client, fresh, query) == {"data": [answer], "has_more": False, "next_token": None}


def test_image_without_size_has_null_dimensions(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    put(stored, fresh, size=(None, None))
    (item,) = search(client, fresh, "word")["data"]
    assert (item["width"], item["height"], item["orientation"]) == (None, None, None)


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("bear", True),
        ("bear SEA", True),
        ("sea bear", True),
        ("bear\u3000sea\tbear", True),
        ("bears", True),
        ("be", True),
        ("ear", False),
        ("bear tree", False),
        ("titlecaption", True),
        ("kiste", True),
        ("größe", True),
        ("GRÖẞE", True),
        ("gro\u0308ße", True),
        ("москва", True),
        ("сигма", False),
        ("σίσυφος", True),
        ("σίσυφοσ", True),
        ("熊", True),
        ("犬", False),
        ("100%", True),
        ("%", False),
        ("_", False),
        ("\\", False),
        ("'; DROP TABLE asset; --", False),
    ],
)
def test_text_match_ignores_case(
    client: httpx.Client, fresh: Account, stored: StoredData, query: str, hits: bool
) -> None:
    id = put(
        stored,
        fresh,
        title="A Bear title",
        caption="caption: at the sea, Größe 熊🐻 МОСКВА ΣΊΣΥΦΟΣ 100% a\\b",  # noqa: RUF001 - Russian
        name="Kiste.png",
    )
    assert found(client, fresh, query) == ([id] if hits else [])


def test_search_excludes_other_workspaces(
    client: httpx.Client, fresh: Account, account: Account, stored: StoredData
) -> None:
    theirs = put(stored, account, title="fjord")
    mine = [put(stored, fresh, at, title="fjord") for at in range(3)]
    assert set(found(client, fresh, "fjord")) == set(mine)
    assert theirs in found(client, account, "fjord")


def test_changed_title_and_caption_are_searchable(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    id = put(stored, fresh, title="old")
    stored.database.execute("UPDATE asset SET title = 'Fresh', caption = 'paint' WHERE id = %s", [id])
    assert found(client, fresh, "fresh paint") == [id]
    assert found(client, fresh, "old") == []


def test_search_finds_images_only(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    put(stored, fresh, mime="video/mp4", title="sea")
    id = put(stored, fresh, title="sea")
    for scope in ("public", "personal", "PUBLIC", ""):
        assert found(client, fresh, "sea", scope=scope) == [id]
    assert search(client, fresh, "sea", type="icon") == {"data": [], "has_more": False, "next_token": None}


def test_page_size_defaults_to_20_and_is_at_most_50(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    rows.put_assets(stored, fresh, [Row(n, uuid4()) for n in range(51)])
    first = search(client, fresh, "word")
    assert (len(first["data"]), first["has_more"]) == (20, True)
    last = search(client, fresh, "word", limit="50", token=first["next_token"])
    assert (len(last["data"]), last["has_more"], last["next_token"]) == (31, False, None)
    assert len({item["id"] for item in (*first["data"], *last["data"])}) == 51


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"type": "image"}, "query"),
        ({"query": "", "type": "image"}, "query"),
        ({"query": " \u3000", "type": "image"}, "query"),
        ({"query": "a\0b", "type": "image"}, "query"),
        ({"query": "x" * 1001, "type": "image"}, "query"),
        ({"query": "sea"}, "type"),
        ({"query": "sea", "type": ""}, "type"),
        ({"query": "sea", "type": "video"}, "type"),
        ({"query": "sea", "type": "image", "scope": "mine"}, "scope"),
        ({"query": "sea", "type": "image", "limit": "0"}, "limit"),
        ({"query": "sea", "type": "image", "limit": "51"}, "limit"),
        ({"query": "sea", "type": "icon", "limit": "51"}, "limit"),
        ({"query": "sea", "type": "image", "token": "x"}, "token"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_invalid_parameter_is_named(client: httpx.Client, account: Account, query: dict[str, str], param: str) -> None:
    response = SEARCH.send(client, account.key, params=query)
    assert response.status_code == 400, response.text
    SEARCH.check_error(response, "invalid_parameter")
    assert response.json()["error"]["param"] == param


def test_long_query_is_accepted(client: httpx.Client, account: Account) -> None:
    assert found(client, account, " ".join(f"{n:03d}" for n in range(250))) == []
