"""Assets of one dialect are available in the others."""

from uuid import UUID

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal import endpoints as fal
from tests.dialects.heygen_v1 import endpoints as heygen_v1
from tests.dialects.heygen_v3 import endpoints as heygen_v3
from tests.dialects.krea import endpoints as krea


def through_krea(client: httpx.Client, account: Account, data: bytes) -> tuple[str, str]:
    body = krea.UPLOAD.upload(client, account.key, data).json()
    return body["id"], body["image_url"]


def through_fal(client: httpx.Client, account: Account, data: bytes) -> tuple[str, str]:
    url = fal.UPLOAD.upload(client, account.key, data, declared="image/png").json()["access_url"]
    body = fal.REGISTER.send(client, account.key, json={"url": url, "type": "image"}).json()["asset"]
    return body["vector_id"], body["url"]


def through_heygen_v1(client: httpx.Client, account: Account, data: bytes) -> tuple[str, str]:
    body = heygen_v1.UPLOAD.upload(client, account.key, data, declared="image/png").json()["data"]
    return body["id"], body["url"]


def through_heygen_v3(client: httpx.Client, account: Account, data: bytes) -> tuple[str, str]:
    body = heygen_v3.UPLOAD.upload(client, account.key, data).json()["data"]
    return body["asset_id"], body["url"]


UPLOADS = [through_krea, through_fal, through_heygen_v1, through_heygen_v3]


@pytest.mark.parametrize("endpoint", UPLOADS, ids=lambda endpoint: endpoint.__name__)
def test_asset_of_each_dialect_is_readable_in_krea(client: httpx.Client, account: Account, endpoint: object) -> None:
    id, url = endpoint(client, account, samples.png())  # type: ignore[operator]
    response = krea.GET.send(client, account.key, path=f"/assets/{id}")
    assert response.status_code == 200, response.text
    asset = response.json()
    assert (UUID(asset["id"]), asset["image_url"]) == (UUID(id), url)
    assert (asset["mime_type"], asset["size_bytes"]) == ("image/png", len(samples.png()))
    assert krea.GET.spec
    krea.GET.spec.check(response)


def test_same_content_from_all_dialects_is_one_blob(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    data = samples.png(seed=50)
    ids = {UUID(endpoint(client, fresh, data)[0]) for endpoint in UPLOADS}
    counts = stored.count(fresh)
    assert (len(ids), counts["asset"], counts["blob"]) == (4, 4, 1)


def test_fal_prompt_is_krea_description(client: httpx.Client, account: Account) -> None:
    url = fal.UPLOAD.upload(client, account.key, samples.png(), declared="image/png").json()["access_url"]
    registration = {"url": url, "type": "image", "prompt": "a bear"}
    id = fal.REGISTER.send(client, account.key, json=registration).json()["asset"]["vector_id"]
    assert krea.GET.send(client, account.key, path=f"/assets/{id}").json()["description"] == "a bear"


def test_unregistered_file_is_not_a_krea_asset(client: httpx.Client, account: Account) -> None:
    url = fal.UPLOAD.upload(client, account.key, samples.png(), declared="image/png").json()["access_url"]
    file_id = url.split("/")[-2]
    assert krea.GET.send(client, account.key, path=f"/assets/{file_id}").status_code == 404


def test_same_content_in_two_workspaces_is_independent(
    client: httpx.Client, account: Account, fresh: Account, stored: StoredData
) -> None:
    """The bytes are stored for each workspace, and no answer reveals the other."""
    data = samples.png(seed=51)
    mine = krea.UPLOAD.upload(client, account.key, data).json()
    before = stored.count(fresh)
    theirs = krea.UPLOAD.upload(client, fresh.key, data).json()
    after = stored.count(fresh)
    assert (after["blob"] - before["blob"], after["stored"] - before["stored"]) == (1, 1)
    assert mine["image_url"] != theirs["image_url"]
    assert krea.GET.send(client, fresh.key, path=f"/assets/{mine['id']}").status_code == 404
