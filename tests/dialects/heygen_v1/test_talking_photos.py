"""Talking photos: JPEG and PNG images."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database import rows
from tests.dialects.database.rows import Row
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.heygen_v1.endpoints import DELETE, DELETE_PHOTO, PHOTO, PHOTOS, UPLOAD
from tests.dialects.idempotency import assets
from tests.dialects.krea import endpoints as krea
from tests.dialects.sizes import jpeg_of
from tests.server import Serve


def upload(client: httpx.Client, account: Account, data: bytes, declared: str) -> dict[str, Any]:
    response = PHOTO.send(client, account.key, content=data, headers={"Content-Type": declared})
    assert response.status_code == 200, response.text
    return dict(response.json())


def listed(client: httpx.Client, account: Account, **query: str) -> dict[str, Any]:
    response = PHOTOS.send(client, account.key, params=query)
    assert response.status_code == 200, response.text
    return dict(response.json())


@pytest.mark.parametrize(
    ("data", "declared"), [(samples.png(), "image/png"), (samples.jpeg(), "image/jpeg"), (samples.jpeg(), "image/jpg")]
)
def test_upload_and_list_are_complete(
    client: httpx.Client, server: Serve, fresh: Account, data: bytes, declared: str
) -> None:
    answer = upload(client, fresh, data, declared)
    id, url = answer["data"]["talking_photo_id"], answer["data"]["talking_photo_url"]
    assert answer == {"code": 100, "data": {"talking_photo_id": UUID(id).hex, "talking_photo_url": url}}
    assert url.startswith(f"{server.url}/files/b/")
    assert client.get(url).content == data
    photo = {"id": id, "image_url": url, "circle_image": url}
    assert listed(client, fresh) == {"code": 100, "data": [photo], "token": None}


def test_size_limit_is_exact(client: httpx.Client, account: Account, stored: StoredData) -> None:
    upload(client, account, jpeg_of(PHOTO.limit), "image/jpeg")
    before = stored.count(account)
    refused = PHOTO.send(client, account.key, content=jpeg_of(PHOTO.limit + 1), headers={"Content-Type": "image/jpeg"})
    assert refused.status_code == 400
    PHOTO.check_error(refused, 400175)
    stored.expect_counts(account, before)


@pytest.mark.parametrize("declared", ["image/png", "multipart/form-data; boundary=x"])
def test_invalid_declared_type_is_refused(client: httpx.Client, account: Account, declared: str) -> None:
    response = PHOTO.send(client, account.key, content=samples.jpeg(), headers={"Content-Type": declared})
    assert response.status_code == 400
    PHOTO.check_error(response, 40001 if "multipart" in declared else 400175)


def test_list_has_only_jpeg_and_png_images(client: httpx.Client, fresh: Account) -> None:
    photo = UPLOAD.upload(client, fresh.key, samples.png(), declared="image/png").json()["data"]["id"]
    UPLOAD.upload(client, fresh.key, samples.mp4(), declared="video/mp4")
    krea.UPLOAD.upload(client, fresh.key, samples.webp())
    jpeg = krea.UPLOAD.upload(client, fresh.key, samples.jpeg()).json()["id"]
    assert [each["id"] for each in listed(client, fresh)["data"]] == [UUID(jpeg).hex, photo]


def test_page_size_is_capped_at_1000(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    rows.put_assets(stored, fresh, [Row(n, uuid4()) for n in range(1001)])
    first = listed(client, fresh)
    assert len(first["data"]) == 1000
    assert len(listed(client, fresh, token=first["token"])["data"]) == 1
    assert listed(client, fresh, limit="0") == {"code": 100, "data": [], "token": None}
    refused = PHOTOS.send(client, fresh.key, params={"limit": "1001"})
    assert refused.status_code == 400
    PHOTOS.check_error(refused, 40012)
    rows.clear(stored, fresh)


def test_delete_removes_asset_from_all_dialects(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    data = upload(client, fresh, samples.png(), "image/png")["data"]
    id, url = data["talking_photo_id"], data["talking_photo_url"]
    assert client.get(url).status_code == 200
    response = DELETE_PHOTO.send(client, fresh.key, path=f"/v2/talking_photo/{id}")
    assert (response.status_code, response.json()) == (200, {"code": 100, "error": None, "data": None})
    assert client.get(url).status_code == 404, "this process has just served it"
    assert listed(client, fresh)["data"] == []
    again = DELETE_PHOTO.send(client, fresh.key, path=f"/v2/talking_photo/{id}")
    assert again.status_code == 404
    DELETE_PHOTO.check_error(again, 404)
    assert assets(stored, fresh) == 0


def test_deleted_asset_is_no_longer_listed(client: httpx.Client, fresh: Account) -> None:
    id = upload(client, fresh, samples.png(), "image/png")["data"]["talking_photo_id"]
    assert DELETE.send(client, fresh.key, path=f"/v1/asset/{id}/delete").status_code == 200
    assert listed(client, fresh)["data"] == []


def test_foreign_unknown_and_other_assets_look_alike(client: httpx.Client, account: Account, fresh: Account) -> None:
    """A video, a foreign and an unknown id get the same answer, and nothing is deleted."""
    film = UPLOAD.upload(client, fresh.key, samples.mp4(), declared="video/mp4").json()["data"]
    theirs = upload(client, account, samples.png(), "image/png")["data"]
    answers = [
        DELETE_PHOTO.send(client, fresh.key, path=f"/v2/talking_photo/{id}")
        for id in (film["id"], theirs["talking_photo_id"], uuid4().hex)
    ]
    for answer in answers:
        assert answer.status_code == 404
        DELETE_PHOTO.check_error(answer, 404)
    assert len({answer.content for answer in answers}) == 1
    assert client.get(film["url"]).status_code == client.get(theirs["talking_photo_url"]).status_code == 200
