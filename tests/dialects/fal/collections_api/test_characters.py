"""fal's characters: identifiers, images, and their use as collections."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.collections_api import collection_endpoints as endpoints
from tests.dialects.fal.collections_api.creation import add, at, character, collection, done, expire, image
from tests.dialects.fal.endpoints import auth
from tests.dialects.fal.registration import host
from tests.dialects.idempotency import new_key

KEYS = [
    *("id", "type", "name", "description", "icon", "color", "cover_image_url", "character_identifier"),
    *("parent_collection_id", "is_favorited", "created_at", "updated_at", "asset_count", "reference_images"),
]
NOWHERE = "00000000-0000-4000-8000-000000000000"


def create(client: httpx.Client, account: Account, **body: Any) -> httpx.Response:
    return endpoints.CREATE_CHARACTER.send(client, account.key, json=body)


def get(client: httpx.Client, account: Account, id: str) -> dict[str, Any]:
    return done(at(client, account, endpoints.GET_CHARACTER, id))


def change(client: httpx.Client, account: Account, id: str, **body: Any) -> httpx.Response:
    return at(client, account, endpoints.UPDATE_CHARACTER, id, json=body)


def handle(client: httpx.Client, account: Account, url: str, name: str, **more: Any) -> str:
    return str(character(client, account, [url], name, **more)["character_identifier"])


@pytest.fixture
def shown(client: httpx.Client, fresh: Account) -> str:
    """The URL of an image in the fresh workspace."""
    return host(client, fresh, samples.png(), "image/png")


def test_created_character_has_all_documented_keys(client: httpx.Client, fresh: Account, shown: str) -> None:
    made = character(client, fresh, [shown], "Märia Müller-Smith", description="Red hair. " * 200)
    assert list(made) == KEYS
    assert made == {
        "id": made["id"],
        "type": "character",
        "name": "Märia Müller-Smith",
        "description": "Red hair. " * 200,
        "icon": None,
        "color": None,
        "cover_image_url": shown,
        "character_identifier": "maria-muller-smith",
        "parent_collection_id": None,
        "is_favorited": False,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
        "asset_count": None,
        "reference_images": [shown],
    }
    assert get(client, fresh, made["id"]) == made


class TestImages:
    def test_references_of_each_form_keep_their_order(
        self, client: httpx.Client, fresh: Account, shown: str, stored: StoredData
    ) -> None:
        assets = [image(client, fresh, seed) for seed in (1, 2, 3)]
        stored.database.execute("UPDATE asset SET request_id = %s WHERE id = %s", ["r 1", assets[1]["vector_id"]])
        request_id = str(uuid4())
        stored.database.execute("UPDATE asset SET request_id = %s WHERE id = %s", [request_id, assets[2]["vector_id"]])
        names = ["r 1", assets[0]["vector_id"], shown, request_id]
        made = character(client, fresh, names)
        assert made["reference_images"] == [assets[1]["url"], assets[0]["url"], shown, assets[2]["url"]]
        assert get(client, fresh, made["id"]) == made

    def test_images_are_unique_and_limited_to_twenty(self, client: httpx.Client, fresh: Account, shown: str) -> None:
        urls = [host(client, fresh, samples.png(seed=seed), "image/png") for seed in range(20)]
        made = character(client, fresh, urls)
        assert made["reference_images"] == urls
        assert character(client, fresh, [urls[1], urls[0], urls[1]])["reference_images"] == [urls[1], urls[0]]
        body = {"name": "a", "description": "b", "reference_images": [*urls, shown]}
        assert create(client, fresh, **body).status_code == 422

    def test_update_replaces_all_images(self, client: httpx.Client, fresh: Account) -> None:
        assets = [image(client, fresh, seed) for seed in (1, 2, 3)]
        urls = [asset["url"] for asset in assets]
        made = character(client, fresh, urls[:2])
        for wanted in (urls[2:], [urls[1], urls[0]], urls[::-1]):
            changed = done(change(client, fresh, made["id"], reference_images=wanted))
            assert changed["updated_at"] > made["updated_at"]
            assert changed == {
                **made,
                "reference_images": wanted,
                "cover_image_url": wanted[0],
                "updated_at": changed["updated_at"],
            }
            made = changed
        same = [asset["vector_id"] for asset in assets[::-1]]
        assert done(change(client, fresh, made["id"], reference_images=same)) == made

    @pytest.mark.parametrize(
        ("images", "status"),
        [
            ([], 422),
            ([""], 422),
            ([1], 422),
            (None, 422),
            (["SHOWN", "no such request"], 404),
            (["SHOWN", NOWHERE], 404),
            (["SHOWN", "http://elsewhere.example/a.png"], 422),
            (["SHOWN", "HERE/files/b/" + "0" * 32 + "/a.png"], 404),
            (["SHOWN", "HERE/elsewhere"], 404),
        ],
        ids=str,
    )
    def test_invalid_images_are_refused(
        self, client: httpx.Client, fresh: Account, stored: StoredData, shown: str, images: Any, status: int
    ) -> None:
        here = shown.partition("/files/")[0]
        named = images and [
            each.replace("SHOWN", shown).replace("HERE", here) if isinstance(each, str) else each for each in images
        ]
        made = character(client, fresh, [shown])
        before = stored.count(fresh)
        answers = (
            create(client, fresh, name="b", description="b", reference_images=named),
            change(client, fresh, made["id"], name="b", reference_images=named),
        )
        for response in answers:
            assert response.status_code == status, response.text
            endpoints.CREATE_CHARACTER.check_error(response, {404: "not_found", 422: "validation_error"}[status])
        assert stored.count(fresh) == before
        assert get(client, fresh, made["id"]) == made

    def test_non_image_reference_is_refused(self, client: httpx.Client, fresh: Account, shown: str) -> None:
        video = host(client, fresh, samples.mp4(), "video/mp4")
        for field, body in (
            ("reference_images[1]", {"reference_images": [shown, video]}),
            ("cover_image_url", {"reference_images": [shown], "cover_image_url": video}),
        ):
            response = create(client, fresh, name="a", description="b", **body)
            assert response.status_code == 422
            assert response.json()["error"]["message"] == f"{field}: this is of the kind video, not an image."

    def test_foreign_images_are_not_found(
        self, client: httpx.Client, fresh: Account, account: Account, shown: str
    ) -> None:
        theirs = image(client, account)
        for name in (theirs["vector_id"], theirs["url"]):
            for body in ({"reference_images": [name]}, {"reference_images": [shown], "cover_image_url": theirs["url"]}):
                assert create(client, fresh, name="a", description="b", **body).status_code == 404

    def test_deleted_images_are_removed(self, client: httpx.Client, fresh: Account, stored: StoredData) -> None:
        assets = [image(client, fresh, seed) for seed in (1, 2)]
        urls = [asset["url"] for asset in assets]
        made = character(client, fresh, urls, cover_image_url=urls[0])
        assert client.delete(f"/v1/assets/{assets[0]['vector_id']}", headers=auth(fresh.key)).status_code == 204
        assert get(client, fresh, made["id"]) == {**made, "reference_images": urls[1:], "cover_image_url": urls[1]}
        expire(stored, assets[1])
        assert get(client, fresh, made["id"]) == {**made, "reference_images": [], "cover_image_url": None}
        assert change(client, fresh, made["id"], reference_images=[urls[1]]).status_code == 404

    def test_cover_is_independent_of_images(self, client: httpx.Client, fresh: Account, shown: str) -> None:
        cover = host(client, fresh, samples.png(seed=9), "image/png")
        made = character(client, fresh, [shown], cover_image_url=cover)
        assert (made["cover_image_url"], made["reference_images"]) == (cover, [shown])
        changed = done(change(client, fresh, made["id"], cover_image_url=None))
        assert changed["cover_image_url"] == shown
        assert done(change(client, fresh, made["id"], cover_image_url=cover))["cover_image_url"] == cover


class TestIdentifiers:
    @pytest.mark.parametrize(
        ("identifier", "expected"),
        [("Maria", "Maria"), ("@maria", "maria"), ("a" * 64, "a" * 64), ("@" + "A" * 64, "A" * 64), ("_.-9", "_.-9")],
    )
    def test_identifier_is_normalized(
        self, client: httpx.Client, fresh: Account, shown: str, identifier: str, expected: str
    ) -> None:
        assert handle(client, fresh, shown, "a", identifier=identifier) == expected

    @pytest.mark.parametrize("identifier", ["", "@", "@@a", "a b", "ä", "a" * 65, "a/b", "a\n", " a", 1])
    def test_invalid_identifier_is_refused(
        self, client: httpx.Client, fresh: Account, shown: str, identifier: Any
    ) -> None:
        response = create(client, fresh, name="a", description="b", reference_images=[shown], identifier=identifier)
        assert response.status_code == 422
        endpoints.CREATE_CHARACTER.check_error(response, "validation_error")

    @pytest.mark.parametrize("taken", ["Maria", "@maria", "MARIA"])
    def test_identifier_is_unique_in_workspace(
        self,
        client: httpx.Client,
        fresh: Account,
        account: Account,
        stored: StoredData,
        shown: str,
        url: str,
        taken: str,
    ) -> None:
        handle(client, fresh, shown, "a", identifier="maria")
        before = stored.count(fresh)
        response = create(client, fresh, name="a", description="b", reference_images=[shown], identifier=taken)
        assert response.status_code == 409
        endpoints.CREATE_CHARACTER.check_error(response, "validation_error")
        assert stored.count(fresh) == before
        own = uuid4().hex
        handle(client, fresh, shown, "a", identifier=own)
        assert handle(client, account, url, "a", identifier=own) == own

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("Maria", ["maria", "maria-2", "maria-3"]),
            ("  Élise & Zoë!  ", ["elise-zoe", "elise-zoe-2"]),
            ("熊", ["character", "character-2"]),
            ("%_", ["character"]),
            ("n" * 255, ["n" * 56, "n" * 56 + "-2"]),
        ],
    )
    def test_identifier_defaults_to_name(
        self, client: httpx.Client, fresh: Account, shown: str, name: str, expected: list[str]
    ) -> None:
        assert [handle(client, fresh, shown, name) for _ in expected] == expected

    def test_default_identifier_takes_next_free_suffix(self, client: httpx.Client, fresh: Account, shown: str) -> None:
        for taken in ("Maria", "MARIA-3", "mariana"):
            handle(client, fresh, shown, "a", identifier=taken)
        assert [handle(client, fresh, shown, "maria") for _ in range(3)] == ["maria-2", "maria-4", "maria-5"]

    def test_identifier_cannot_be_changed(self, client: httpx.Client, fresh: Account, shown: str) -> None:
        made = character(client, fresh, [shown], identifier="Maria")
        for same in ("Maria", "@Maria", "maria", None):
            assert done(change(client, fresh, made["id"], identifier=same)) == made
        response = change(client, fresh, made["id"], identifier="other", name="other")
        assert response.status_code == 422
        assert "identifier" in response.json()["error"]["message"]
        assert get(client, fresh, made["id"]) == made
        assert done(change(client, fresh, made["id"], name="other"))["character_identifier"] == "Maria"

    def test_deleted_character_frees_its_identifier(self, client: httpx.Client, fresh: Account, shown: str) -> None:
        made = character(client, fresh, [shown], identifier="maria")
        assert at(client, fresh, endpoints.DELETE_CHARACTER, made["id"]).status_code == 204
        assert character(client, fresh, [shown], identifier="maria")["id"] != made["id"]

    def test_concurrent_creates_get_unique_identifiers(self, client: httpx.Client, fresh: Account, shown: str) -> None:
        def send(n: int) -> httpx.Response:
            body = {"name": "Maria", "description": "d", "reference_images": [shown]}
            return create(client, fresh, **body, identifier=None if n % 2 else "zoe")

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(send, range(12)))
        statuses = [answer.status_code for answer in answers]
        assert sorted(statuses[::2]) == [201] + 5 * [409]
        assert statuses[1::2] == 6 * [201]
        made = {answer.json()["character"]["character_identifier"] for answer in answers[1::2]}
        assert made == {"maria", *(f"maria-{n}" for n in range(2, 7))}


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": None},
        {"name": "n" * 256},
        {"name": "a\0"},
        {"description": ""},
        {"description": None},
        {"description": "d" * 2001},
        {"cover_image_url": "http://elsewhere.example/a.png"},
        {"cover_image_url": 1},
    ],
    ids=lambda body: str(body)[:40],
)
def test_invalid_body_is_refused(
    client: httpx.Client, fresh: Account, stored: StoredData, shown: str, body: dict[str, Any]
) -> None:
    made = character(client, fresh, [shown])
    before = stored.count(fresh)
    whole = {"name": "a", "description": "b", "reference_images": [shown], **body}
    for response in (create(client, fresh, **whole), change(client, fresh, made["id"], **body)):
        assert response.status_code == 422
        endpoints.CREATE_CHARACTER.check_error(response, "validation_error")
    assert stored.count(fresh) == before
    assert get(client, fresh, made["id"]) == made


@pytest.mark.parametrize("missing", ["name", "description", "reference_images"])
def test_missing_field_is_named(client: httpx.Client, fresh: Account, shown: str, missing: str) -> None:
    whole = {"name": "a", "description": "b", "reference_images": [shown]}
    del whole[missing]
    response = create(client, fresh, **whole)
    assert response.status_code == 422
    assert missing in response.json()["error"]["message"]


def test_unchanged_fields_change_nothing(client: httpx.Client, fresh: Account, shown: str) -> None:
    made = character(client, fresh, [shown])
    for body in ({}, {"name": "a"}, {"description": "somebody"}, {"reference_images": [shown]}, {"later": 1}):
        assert done(change(client, fresh, made["id"], **body)) == made
    changed = done(change(client, fresh, made["id"], name="b", description="c"))
    assert changed == {**made, "name": "b", "description": "c", "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]


def test_favorite_and_unfavorite_are_idempotent(client: httpx.Client, fresh: Account, shown: str) -> None:
    made = character(client, fresh, [shown])
    for endpoint, expected in ((endpoints.FAVORITE_CHARACTER, True), (endpoints.UNFAVORITE_CHARACTER, False)):
        for _ in range(2):
            response = at(client, fresh, endpoint, made["id"])
            assert list(response.json()) == ["character"]
            assert done(response) == {**made, "is_favorited": expected}


class TestLists:
    def listed(self, client: httpx.Client, account: Account, **params: Any) -> list[dict[str, Any]]:
        response = endpoints.LIST_CHARACTERS.send(client, account.key, params=params)
        assert response.status_code == 200
        assert list(response.json()) == ["characters"]
        return list(response.json()["characters"])

    def test_list_is_newest_first_and_only_characters(self, client: httpx.Client, fresh: Account, shown: str) -> None:
        made = [character(client, fresh, [shown], str(n)) for n in range(5)]
        collection(client, fresh)
        assert self.listed(client, fresh) == made[::-1]
        assert self.listed(client, fresh, limit=2, offset=1) == made[::-1][1:3]
        assert self.listed(client, fresh, offset=5) == []

    def test_list_excludes_other_workspaces(
        self, client: httpx.Client, fresh: Account, account: Account, url: str
    ) -> None:
        character(client, account, [url])
        assert self.listed(client, fresh) == []

    @pytest.mark.parametrize("params", [{"limit": "0"}, {"limit": "101"}, {"offset": "-1"}], ids=str)
    def test_invalid_page_is_refused(self, client: httpx.Client, account: Account, params: dict[str, str]) -> None:
        assert endpoints.LIST_CHARACTERS.send(client, account.key, params=params).status_code == 422


class TestAsCollections:
    """[documented] A character is a collection of type `character`, with the same id."""

    def test_character_works_as_collection(self, client: httpx.Client, fresh: Account, shown: str) -> None:
        made = character(client, fresh, [shown])
        as_one = {**made, "filters": None}
        del as_one["reference_images"]
        assert done(at(client, fresh, endpoints.GET_COLLECTION, made["id"])) == as_one
        changed = done(at(client, fresh, endpoints.UPDATE_COLLECTION, made["id"], json={"name": "b", "icon": "i"}))
        assert changed == {**as_one, "name": "b", "icon": "i", "updated_at": changed["updated_at"]}
        assert done(at(client, fresh, endpoints.FAVORITE_COLLECTION, made["id"]))["is_favorited"]
        for body in ({"description": None}, {"description": ""}, {"name": None}):
            assert at(client, fresh, endpoints.UPDATE_COLLECTION, made["id"], json=body).status_code == 422
        assert get(client, fresh, made["id"])["description"] == "somebody"
        assert at(client, fresh, endpoints.DELETE_COLLECTION, made["id"]).status_code == 204
        assert at(client, fresh, endpoints.GET_CHARACTER, made["id"]).status_code == 404

    def test_collection_is_not_a_character(self, client: httpx.Client, fresh: Account) -> None:
        made = collection(client, fresh)
        for endpoint in (
            *(
                endpoints.GET_CHARACTER,
                endpoints.DELETE_CHARACTER,
                endpoints.FAVORITE_CHARACTER,
                endpoints.UNFAVORITE_CHARACTER,
            ),
            endpoints.UPDATE_CHARACTER,
        ):
            body = {"json": {"name": "b"}} if endpoint is endpoints.UPDATE_CHARACTER else {}
            response = at(client, fresh, endpoint, made["id"], **body)
            assert response.status_code == 404
            endpoint.check_error(response, "not_found")
        assert done(at(client, fresh, endpoints.GET_COLLECTION, made["id"])) == made

    def test_delete_keeps_files_and_assets(self, client: httpx.Client, fresh: Account, stored: StoredData) -> None:
        asset = image(client, fresh)
        made = character(client, fresh, [asset["vector_id"]])
        add(client, fresh, made["id"], vector_id=asset["vector_id"])
        assert at(client, fresh, endpoints.DELETE_CHARACTER, made["id"]).status_code == 204
        assert at(client, fresh, endpoints.DELETE_CHARACTER, made["id"]).status_code == 404
        counts = stored.count(fresh)
        assert (counts["collection"], counts["asset"], counts["file"]) == (0, 1, 1)
        assert client.get(asset["url"]).content == samples.png()


def test_same_idempotency_key_with_other_identifier_is_a_conflict(
    client: httpx.Client, fresh: Account, shown: str, stored: StoredData
) -> None:
    headers = {"Idempotency-Key": new_key()}

    def send(identifier: str) -> httpx.Response:
        body = {"name": "a", "description": "b", "reference_images": [shown], "identifier": identifier}
        return endpoints.CREATE_CHARACTER.send(client, fresh.key, json=body, headers=headers)

    first = send("maria")
    assert (first.status_code, send("zoe").status_code) == (201, 409)
    assert send("maria").content == first.content
    assert stored.count(fresh)["collection"] == 1
