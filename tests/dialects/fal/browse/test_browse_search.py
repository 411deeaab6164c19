"""Search in fal's lists by text, image and video, with assets embedded by a real worker."""

from typing import Any
from uuid import uuid4

import pytest

from tests import samples
from tests.dialects.fal.browse.browsing import browse, ids, inside, refused
from tests.dialects.fal.browse.search_fixture import EmbeddedPhotos, film, photo
from tests.dialects.fal.collections_api.creation import add, character, collection, expire
from tests.dialects.fal.endpoints import auth
from tests.dialects.fal.registration import host
from tests.dialects.fal.tags_api.tagged import assign, make_tag


def found(photos: EmbeddedPhotos, **query: Any) -> list[str]:
    return photos.names(ids(photos.client, photos.account, **query))


@pytest.mark.parametrize(
    ("q", "first"),
    [("a cat", "chelsea.png"), ("cup of coffee", "coffee.png"), ("motorbike", "motorcycle_left.png")],
)
def test_text_query_finds_image_content(photos: EmbeddedPhotos, q: str, first: str) -> None:
    expected = {first, "film"} if first == "chelsea.png" else {first}
    assert set(found(photos, q=q)[: len(expected)]) == expected
    assert found(photos, q=q, media_type="image")[0] == first


def test_search_page_ranks_all_assets(photos: EmbeddedPhotos) -> None:
    page = browse(photos.client, photos.account, q="a cat")
    assert len(page["assets"]) == len(photos.assets)
    similarities = [asset["similarity"] for asset in page["assets"]]
    assert all(0 <= each <= 1 for each in similarities)
    assert similarities == sorted(similarities, reverse=True), "no word is here, so that meaning alone decides"
    assert (page["total_count"], page["scope_truncated"], page["has_more"]) == (None, False, False)
    shown = {asset["vector_id"]: {**asset, "similarity": None} for asset in page["assets"]}
    listed = browse(photos.client, photos.account)
    assert {asset["vector_id"]: asset for asset in listed["assets"]} == shown, "browsing knows no similarity"


def test_image_example_finds_similar_images(photos: EmbeddedPhotos) -> None:
    page = browse(photos.client, photos.account, search_image_url=photos.assets["chelsea.png"]["url"])
    names = photos.names([asset["vector_id"] for asset in page["assets"]])
    similarities = [asset["similarity"] for asset in page["assets"]]
    assert names[:2] == ["chelsea.png", "film"]
    assert similarities[0] == pytest.approx(1, abs=0.01)
    assert similarities == sorted(similarities, reverse=True)


def test_video_example_finds_similar_assets(photos: EmbeddedPhotos) -> None:
    assert found(photos, search_video_url=photos.assets["film"]["url"])[:2] == ["film", "chelsea.png"]
    assert found(photos, search_video_url=photos.assets["film"]["url"], media_type="image")[0] == "chelsea.png"
    coffee = host(photos.client, photos.account, film("coffee.png"), "video/mp4")
    assert found(photos, search_video_url=coffee)[0] == "coffee.png", "a file that is no asset is an example, too"


def test_example_of_wrong_kind_is_refused(photos: EmbeddedPhotos) -> None:
    client, account = photos.client, photos.account
    sound = host(client, account, samples.mp3(), "audio/mpeg")
    stranger = host(client, account, b"just text", "text/plain")
    image, video = photos.assets["coffee.png"]["url"], photos.assets["film"]["url"]
    for query in (
        *({"search_image_url": url} for url in (video, sound, stranger)),
        *({"search_video_url": url} for url in (image, sound, stranger)),
    ):
        refused(client, account, 422, **query)


def test_foreign_and_unknown_examples_look_alike(photos: EmbeddedPhotos) -> None:
    other = photos.new_account()
    theirs = photos.assets["coffee.png"]["url"]
    nowhere = theirs.replace(theirs.split("/")[-2], uuid4().hex)
    gone = photos.take(other, samples.png())
    assert photos.client.delete(f"/v1/assets/{gone['vector_id']}", headers=auth(other.key)).status_code == 204
    urls = (
        theirs,
        nowhere,
        gone["url"],
        f"{photos.server.url}/files",
        "http://elsewhere.example/a.png",
        "x",
        "é",
        "//[",
    )
    for param in ("search_image_url", "search_video_url"):
        assert len({refused(photos.client, other, 404, **{param: url}) for url in urls}) == 1


def test_search_combines_with_each_filter(photos: EmbeddedPhotos) -> None:
    client, account = photos.client, photos.account
    red, id = make_tag(client, account), str(collection(client, account)["id"])
    cat, coffee, rocket = (photos.id(name) for name in ("chelsea.png", "coffee.png", "rocket.jpg"))
    who = character(client, account, [coffee], "Who", identifier="who")
    for asset in (coffee, rocket):
        assign(client, account, red, vector_id=asset)
        add(client, account, id, vector_id=asset)
        add(client, account, who["id"], vector_id=asset)
    photos.stored.database.execute("UPDATE asset SET is_favorite = true WHERE id = ANY(%s)", [[coffee, rocket]])
    photos.stored.database.execute("UPDATE asset SET source = 'response' WHERE id = %s", [cat])
    for scope in (
        *({"tag_id": red}, {"tag_id": [red, str(uuid4())]}, {"collection_id": id}, {"collection_id": who["id"]}),
        *({"character_identifier": "@WHO"}, {"section": "favorites"}, {"section": "favorites", "tag_id": red}),
    ):
        assert set(found(photos, q="a cat", **scope)) == {"coffee.png", "rocket.jpg"}, scope
        assert found(photos, q="coffee", **scope) == ["coffee.png", "rocket.jpg"], scope
    assert found(photos, path=inside(id), q="rocket") == ["rocket.jpg", "coffee.png"]
    assert found(photos, q="a cat", section="generated") == found(photos, q="dog", source="response") == ["chelsea.png"]
    assert found(photos, q="a cat", media_type="video") == ["film"]
    assert found(photos, q="a cat", media_type=["audio", "3d"]) == []
    assert found(photos, q="a cat", tag_id=str(uuid4())) == []
    assert found(photos, search_image_url=photos.assets["chelsea.png"]["url"], tag_id=red, limit="1000")
    assert found(photos, q="coffee", tag_id=[red, str(uuid4())], tag_mode="all") == []


def test_search_pages_cover_all_assets_once(photos: EmbeddedPhotos) -> None:
    for example in ({"q": "a cat"}, {"search_image_url": photos.assets["coffee.png"]["url"]}):
        shown: list[str] = []
        cursor = None
        while True:
            page = browse(photos.client, photos.account, **example, limit="2", **({"cursor": cursor} if cursor else {}))
            assert page["assets"]
            shown += [asset["vector_id"] for asset in page["assets"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert sorted(photos.names(shown)) == sorted(photos.assets)


def test_list_and_search_cursors_are_not_interchangeable(photos: EmbeddedPhotos) -> None:
    of_a_list = browse(photos.client, photos.account, limit="2")["next_cursor"]
    of_a_search = browse(photos.client, photos.account, limit="2", q="cat")["next_cursor"]
    assert of_a_list
    assert of_a_search
    refused(photos.client, photos.account, 422, cursor=of_a_list, q="cat")
    refused(photos.client, photos.account, 422, cursor=of_a_search)


def test_expired_assets_do_not_shorten_search_pages(photos: EmbeddedPhotos) -> None:
    """Expired assets rank first, and still pages are full."""
    client, other = photos.client, photos.new_account()
    made = [photos.take(other, samples.png(seed=n), prompt="a fjord" if n < 60 else "a lake") for n in range(66)]
    photos.wait(other)
    for asset in made[:60]:
        expire(photos.stored, asset)
    shown: list[str] = []
    query: dict[str, str] = {"q": "a fjord", "limit": "2"}
    for left in (4, 2, 0):
        page = browse(client, other, **query)
        assert (len(page["assets"]), page["has_more"]) == (2, left > 0)
        shown += [asset["vector_id"] for asset in page["assets"]]
        query["cursor"] = page["next_cursor"]
    assert sorted(shown) == sorted(asset["vector_id"] for asset in made[60:])


def test_search_ends_after_500_results(photos: EmbeddedPhotos) -> None:
    other = photos.new_account()
    photos.stored.database.execute(
        "WITH n AS (SELECT gen_random_uuid() AS id FROM generate_series(1, 510)),"
        " b AS (INSERT INTO blob (id, workspace_id, sha256, size, storage_key, mime, kind)"
        " SELECT id, %(w)s, sha256(id::text::bytea), 1, id::text, 'image/png', 'image' FROM n)"
        " INSERT INTO file (id, workspace_id, blob_id, name) SELECT id, %(w)s, id, 'fjord' FROM n",
        {"w": other.workspace_id},
    )
    photos.stored.database.execute(
        "INSERT INTO asset (id, workspace_id, file_id, kind, title, source, created_at)"
        " SELECT id, workspace_id, id, 'image', 'fjord', 'upload', created_at FROM file WHERE workspace_id = %s",
        [other.workspace_id],
    )
    shown: list[str] = []
    query: dict[str, str] = {"q": "fjord", "limit": "90"}
    while True:
        page = browse(photos.client, other, **query)
        shown += [asset["vector_id"] for asset in page["assets"]]
        assert {asset["similarity"] for asset in page["assets"]} == {None}, "nobody has embedded them"
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert len(shown) == len(set(shown)) == 500


def test_new_asset_becomes_searchable_by_content(photos: EmbeddedPhotos) -> None:
    other = photos.new_account()
    photos.take(other, photo("coins.png"))
    cat = photos.take(other, photo("chelsea.png"))
    seconds = photos.wait(other, within=60)
    print(f"found after {seconds:.2f} s")  # shown with -s
    assert ids(photos.client, other, q="a cat")[0] == cat["vector_id"]


def test_search_is_independent_of_other_workspaces(photos: EmbeddedPhotos) -> None:
    """No answer depends on assets of the other workspace."""
    other = photos.new_account()
    shared = "Zugspitze"
    for account in (photos.account, other):
        tag = make_tag(photos.client, account, f"{shared} {uuid4().hex[:4]}" if account is other else shared)
        mine = photos.take(account, photo("page.png"), prompt=f"the {shared} in winter", tag_ids=[tag])
        if account is photos.account:
            photos.assets["page.png"] = mine
            theirs = mine
    photos.wait(photos.account)
    photos.wait(other)
    for query in (
        *({"q": q} for q in (shared, "zugspize", "zugsp", "winter", "a cat", "in the mountains")),
        {"search_image_url": mine["url"]},
    ):
        page = browse(photos.client, other, **query)
        assert [asset["vector_id"] for asset in page["assets"]] == [mine["vector_id"]], query
        assert theirs["vector_id"] != mine["vector_id"]
        assert (page["total_count"], page["has_more"], page["scope_truncated"]) == (None, False, False)
    assert found(photos, q="zugspize")[0] == "page.png"
    assert mine["vector_id"] not in ids(photos.client, photos.account, q=shared)
    photos.client.delete(f"/v1/assets/{photos.assets.pop('page.png')['vector_id']}", headers=auth(photos.account.key))


@pytest.mark.parametrize(
    "raw",
    [
        *("%ED%A0%80", "%ED%A0%80cat", "%FF%FE", "%C3%28", "cat%ED%BF%BF", "%F4%90%80%80"),
        *("%27", "%27%27%27", "%5C", "a%5C", "%5C%27", "%25s", "%25%28x%29s", "%25", "100%25", "%3F", "%3A%2A"),
        *("a%20%26%20%7C%20!%20%3C-%3E%20(", "!!!", "((", "%26", "%7C", "%3C-%3E", "a%20%3C2%3E%20b", "-", "%22", "or"),
        *(
            "%22cat",
            "cat%22%22dog",
            "-cat",
            "OR%20OR",
            "AND",
            "cat%3A%2A",
            "%27cat%27%3A%2A",
            "_",
            "__",
            "%F0%9F%90%BB",
        ),
        *("%D7%A9%D7%9C%D7%95%D7%9D", "%E2%80%AEtac", "%D9%85%D8%B1%D8%AD%D8%A8%D8%A7", "the", "%E7%8C%AB", "%CC%88"),
        *("x" * 2000, "%F0%9F%90%BB" * 2000, "%C3%A4" * 2000, "a%20" * 1000, "%27%20" * 1000, "%C3%9F" * 2000),
    ],
    ids=lambda raw: raw[:40],
)
def test_any_query_text_is_accepted(photos: EmbeddedPhotos, raw: str) -> None:
    response = photos.client.get(f"/v1/assets?q={raw}", headers=auth(photos.account.key))
    assert response.status_code == 200, response.text
    assert len(response.json()["assets"]) == len(photos.assets)
