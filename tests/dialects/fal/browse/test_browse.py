"""GET /v1/assets and the list within a collection: contents, filters, page sizes."""

from itertools import product
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database import rows
from tests.dialects.database.rows import Row
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.browse.browsing import browse, ids, inside, put, refused
from tests.dialects.fal.collections_api.creation import add, character, collection, image
from tests.dialects.fal.endpoints import auth
from tests.dialects.fal.registration import host, register
from tests.dialects.fal.tags_api.tagged import assign, expire, make_tag
from tests.dialects.native import endpoints as native

SOURCES = ("upload", "response", "request")


def test_listed_asset_equals_single_asset(client: httpx.Client, fresh: Account) -> None:
    asset = image(client, fresh)
    assign(client, fresh, make_tag(client, fresh), vector_id=asset["vector_id"])
    add(client, fresh, str(collection(client, fresh)["id"]), vector_id=asset["vector_id"])
    read = client.get(f"/v1/assets/{asset['vector_id']}", headers=auth(fresh.key)).json()["asset"]
    assert read["tags"]
    assert read["collection_ids"]
    assert browse(client, fresh) == {
        "assets": [read],
        "next_cursor": None,
        "has_more": False,
        "total_count": 1,
        "scope_truncated": False,
    }


def test_empty_library_lists_nothing(client: httpx.Client, fresh: Account) -> None:
    assert browse(client, fresh)["assets"] == []
    assert ids(client, fresh, q="anything") == []


def test_media_type_filters_by_kind(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    """fal has no type for documents; they can only be read by id."""
    mimes = {"image": "image/png", "video": "video/mp4", "audio": "audio/mpeg", "3d": "model/gltf-binary"}
    made = {kind: put(stored, fresh, at, mime, kind=kind) for at, (kind, mime) in enumerate(mimes.items())}
    document = native.create(client, fresh.key, native.inline(samples.pdf(), "application/pdf")).json()["id"]
    assert ids(client, fresh) == list(made.values())[::-1]
    for kind, id in made.items():
        assert ids(client, fresh, media_type=kind) == [id]
    assert ids(client, fresh, media_type=["3d", "image", "3d", ""]) == [made["3d"], made["image"]]
    assert ids(client, fresh, media_type="") == ids(client, fresh)
    assert client.get(f"/v1/assets/{document}", headers=auth(fresh.key)).json()["asset"]["type"] == "document"


SECTIONS = {
    None: lambda source, favorite: True,
    "all-media": lambda source, favorite: True,
    "uploads": lambda source, favorite: source == "upload",
    "favorites": lambda source, favorite: favorite,
    "generated": lambda source, favorite: source == "response",
}


def test_section_and_source_filters_combine(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    things = list(product(SOURCES, (False, True)))
    made = {
        put(stored, fresh, at, source=source, is_favorite=favorite): (source, favorite)
        for at, (source, favorite) in enumerate(things)
    }
    for section, sources in product(SECTIONS, ([], ["upload"], ["response"], ["request", "upload"], list(SOURCES))):
        query: dict[str, Any] = {"source": sources, **({"section": section} if section else {})}
        expected = [
            id
            for id, (source, favorite) in made.items()
            if SECTIONS[section](source, favorite) and (not sources or source in sources)
        ]
        assert ids(client, fresh, **query) == expected[::-1], query


def test_tag_filter_honours_tag_mode(
    client: httpx.Client, fresh: Account, account: Account, stored: StoredData
) -> None:
    one, two, three = (put(stored, fresh, at) for at in range(3))
    red, blue, none = (make_tag(client, fresh) for _ in range(3))
    for tag, asset in ((red, one), (red, two), (blue, two), (blue, three)):
        assign(client, fresh, tag, vector_id=asset)
    theirs = make_tag(client, account)
    for query, expected in (
        ({"tag_id": red}, [two, one]),
        ({"tag_id": [red, blue]}, [three, two, one]),
        ({"tag_id": [red, blue, red], "tag_mode": "any"}, [three, two, one]),
        ({"tag_id": [red, blue], "tag_mode": "all"}, [two]),
        ({"tag_id": [red, ""], "tag_mode": "all"}, [two, one]),
        ({"tag_id": "", "tag_mode": "all"}, [three, two, one]),
        ({"tag_mode": "all"}, [three, two, one]),
        ({"tag_id": none}, []),
        ({"tag_id": [red, none]}, [two, one]),
        ({"tag_id": [red, none], "tag_mode": "all"}, []),
    ):
        assert ids(client, fresh, **query) == expected, query
    for unknown in (theirs, str(uuid4()), "x", "é"):
        assert ids(client, fresh, tag_id=unknown) == []
        assert ids(client, fresh, tag_id=[unknown, red]) == [two, one]
        assert ids(client, fresh, tag_id=[unknown, red], tag_mode="all") == []


def test_character_identifier_filters_assets(
    client: httpx.Client, fresh: Account, account: Account, stored: StoredData
) -> None:
    one, two, three = (put(stored, fresh, at) for at in range(3))
    maria = character(client, fresh, [one], "Maria", identifier="Maria")
    zoe = character(client, fresh, [one], "Zoe", identifier="zoe-2")
    for who, asset in ((maria, one), (maria, two), (zoe, three)):
        assert add(client, fresh, who["id"], vector_id=asset).status_code == 200
    theirs = character(client, account, [image(client, account)["url"]], "t")["character_identifier"]
    for name in ("Maria", "@Maria", "maria", "@MARIA"):
        assert ids(client, fresh, character_identifier=name) == [two, one]
    assert ids(client, fresh, character_identifier=["maria", "@zoe-2"]) == [three, two, one]
    assert ids(client, fresh, character_identifier="") == [three, two, one]
    for unknown in ("nobody", "@", "@@maria", "mar%", "é", " ", theirs):
        assert ids(client, fresh, character_identifier=unknown) == []
        assert ids(client, fresh, character_identifier=[unknown, "maria"]) == [two, one]
    for id, expected in ((maria["id"], [two, one]), (zoe["id"], [three])):
        assert ids(client, fresh, collection_id=id) == ids(client, fresh, inside(id)) == expected


def test_collection_lists_direct_members_only(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    above, below, beside = (put(stored, fresh, at) for at in range(3))
    parent = str(collection(client, fresh)["id"])
    child = str(collection(client, fresh, parent_collection_id=parent)["id"])
    for where, asset in ((parent, above), (child, below)):
        add(client, fresh, where, vector_id=asset)
    for id, expected in ((parent, [above]), (child, [below])):
        assert ids(client, fresh, collection_id=id) == ids(client, fresh, inside(id)) == expected
    assert ids(client, fresh, inside(parent), collection_id=child) == [above]
    assert ids(client, fresh, collection_id="") == [beside, below, above]
    assert ids(client, fresh, inside(parent), media_type="video") == []
    stored.database.execute("UPDATE asset SET is_favorite = true WHERE id = %s", [above])
    assert ids(client, fresh, inside(parent), section="favorites") == [above]


def test_expired_assets_are_not_listed(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    old, new = put(stored, fresh, 0), put(stored, fresh, 1)
    id, tag = str(collection(client, fresh)["id"]), make_tag(client, fresh)
    for asset in (old, new):
        add(client, fresh, id, vector_id=asset)
        assign(client, fresh, tag, vector_id=asset)
    expire(stored, old)
    for query in ({}, {"collection_id": id}, {"tag_id": tag}, {"q": "word"}):
        assert ids(client, fresh, **query) == [new], query


def test_page_size_defaults_to_50_and_is_capped_at_100(
    client: httpx.Client, fresh: Account, stored: StoredData
) -> None:
    rows.put_assets(stored, fresh, [Row(n, uuid4()) for n in range(101)])
    for path, query, shown in (
        ("", {}, 50),
        ("", {"limit": "1"}, 1),
        ("", {"limit": "0007"}, 7),
        ("", {"limit": "100"}, 100),
        ("", {"limit": "101"}, 100),
        ("", {"limit": "9" * 5000}, 100),
        ("", {"q": "word"}, 50),
        ("", {"q": "word", "limit": "1000"}, 100),
    ):
        page = browse(client, fresh, f"/v1/assets{path}", **query)
        assert (len(page["assets"]), page["has_more"]) == (shown, True), query
        assert page["total_count"] == (None if "q" in query else 101)
        rest = browse(client, fresh, **{**query, "cursor": page["next_cursor"], "limit": "100"})
        assert len(rest["assets"]) == min(100, 101 - shown), query
        both = [asset["vector_id"] for asset in (*page["assets"], *rest["assets"])]
        assert len(set(both)) == len(both)


def test_total_count_is_exact_up_to_1000(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    put(stored, fresh, mime="video/mp4")
    many = {"w": fresh.workspace_id}
    try:
        stored.database.execute(
            "WITH n AS (SELECT gen_random_uuid() AS id FROM generate_series(1, 1000)),"
            " b AS (INSERT INTO blob (id, workspace_id, sha256, size, storage_key, mime, kind)"
            " SELECT id, %(w)s, sha256(id::text::bytea), 1, id::text, 'image/png', 'image' FROM n)"
            " INSERT INTO file (id, workspace_id, blob_id, name) SELECT id, %(w)s, id, 'n' FROM n",
            many,
        )
        stored.database.execute(
            "INSERT INTO asset (id, workspace_id, file_id, kind, title, source, created_at)"
            " SELECT id, workspace_id, id, 'image', 't', 'upload', created_at FROM file"
            " WHERE workspace_id = %(w)s AND name = 'n'",
            many,
        )
        assert browse(client, fresh, media_type="image")["total_count"] == 1_000
        assert browse(client, fresh, media_type="video")["total_count"] == 1
        assert browse(client, fresh)["total_count"] is None
    finally:
        rows.clear(stored, fresh)


_CURSOR_OF_A_LIST = "AAZD3a1xPAAAAAAAAAAAAAAAAAAAAAAA"
_WRONG: list[tuple[dict[str, Any], str]] = [
    *[({"limit": text}, "limit") for text in ("0", "000", "-1", "abc", "1.5", "", " 1", "\uff11", "²", "null")],
    *[({"cursor": text}, "cursor") for text in ("x", "1", "s.", "s.AAAAAAA", "é", "A" * 31, "A" * 33, "!" * 32)],
    ({"cursor": _CURSOR_OF_A_LIST[:-1] + "!"}, "cursor"),
    ({"cursor": _CURSOR_OF_A_LIST, "q": "x"}, "cursor"),
    ({"cursor": "s.", "q": "x"}, "cursor"),
    ({"cursor": "s.AAAAAA", "q": "x"}, "cursor"),
    ({"cursor": "s.AAAAAA!", "q": "x"}, "cursor"),
    ({"cursor": "s." + "AAAAAAA" * 501, "q": "x"}, "cursor"),
    ({"media_type": "text"}, "media_type"),
    ({"media_type": "document"}, "media_type"),
    ({"media_type": ["image", "x"]}, "media_type"),
    ({"media_type": "image,video"}, "media_type"),
    ({"source": "none"}, "source"),
    ({"source": ["upload", "url"]}, "source"),
    ({"section": "home"}, "section"),
    ({"tag_mode": "none"}, "tag_mode"),
    ({"q": "x", "search_image_url": "http://x"}, "search_image_url"),
    ({"search_image_url": "http://x", "search_video_url": "http://x"}, "search_video_url"),
    ({"q": "x", "search_video_url": "http://x"}, "search_video_url"),
    ({"q": "x" * 2001}, "q"),
    ({"tag_id": [f"{n}" for n in range(101)]}, "tag_id"),
    *[
        ({name: "a\0b"}, name)
        for name in (
            *("limit", "cursor", "q", "search_image_url", "search_video_url", "media_type", "source", "section"),
            *("collection_id", "character_identifier", "tag_id", "tag_mode"),
        )
    ],
]


@pytest.mark.parametrize(("query", "param"), _WRONG, ids=lambda value: str(value)[:60])
def test_invalid_query_is_refused(client: httpx.Client, account: Account, query: dict[str, Any], param: str) -> None:
    message = refused(client, account, 422, **query)
    assert param in message or param.removeprefix("search_") in message or "cursor" in message


def test_invalid_query_within_collection_is_refused(client: httpx.Client, account: Account) -> None:
    path = inside(str(collection(client, account)["id"]))
    for query in ({"limit": "0"}, {"cursor": "x"}, {"media_type": "text"}, {"q": "x", "search_image_url": "y"}):
        refused(client, account, 422, path, **query)


def test_empty_parameters_are_ignored(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    id = put(stored, fresh)
    names = ("cursor", "q", "search_image_url", "search_video_url", "media_type", "source", "section")
    for name in (*names, "collection_id", "character_identifier", "tag_id", "tag_mode"):
        assert ids(client, fresh, **{name: ""}) == [id], name
    assert ids(client, fresh, q=" \u3000 ") == [id]
    assert ids(client, fresh, unknown="x") == [id]


def test_unregistered_file_is_not_listed(client: httpx.Client, fresh: Account) -> None:
    url = host(client, fresh, samples.png(), "image/png")
    assert ids(client, fresh) == []
    assert ids(client, fresh, search_image_url=url) == []
    register(client, fresh, url)
    assert len(ids(client, fresh)) == 1
