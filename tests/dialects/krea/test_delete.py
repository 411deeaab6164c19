"""DELETE /assets/{id}."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.krea.endpoints import DELETE, GET, LIST
from tests.dialects.krea.test_upload import post
from tests.dialects.wire.form import file_part


def delete(client: httpx.Client, account: Account, id: str) -> httpx.Response:
    return DELETE.send(client, account.key, path=f"/assets/{id}")


def test_delete_removes_asset_then_not_found(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    asset = post(client, fresh.key, file_part(samples.png())).json()
    assert client.get(asset["image_url"]).status_code == 200
    response = delete(client, fresh, asset["id"])
    assert response.status_code == 200
    assert response.json() == {"success": True, "message": "Asset deleted successfully"}
    for gone in (delete(client, fresh, asset["id"]), GET.send(client, fresh.key, path=f"/assets/{asset['id']}")):
        assert gone.status_code == 404
        DELETE.check_error(gone)
        assert gone.json()["error"] == "Asset not found"
    assert client.get(asset["image_url"]).status_code == 404, "this process has just served it"
    assert LIST.send(client, fresh.key).json()["items"] == []
    counts = stored.count(fresh)
    assert (counts["asset"], counts["file"], counts["blob"]) == (0, 0, 1), "bytes go after a grace period"


def test_delete_keeps_asset_with_same_content(client: httpx.Client, fresh: Account) -> None:
    first, second = (post(client, fresh.key, file_part(samples.png())).json() for _ in range(2))
    assert delete(client, fresh, first["id"]).status_code == 200
    assert client.get(second["image_url"]).content == samples.png()
    assert GET.send(client, fresh.key, path=f"/assets/{second['id']}").json() == second


def test_foreign_and_unknown_assets_look_alike(client: httpx.Client, account: Account, fresh: Account) -> None:
    asset = post(client, account.key, file_part(samples.png())).json()
    theirs, none = delete(client, fresh, asset["id"]), delete(client, fresh, str(uuid4()))
    assert (theirs.status_code, theirs.content) == (none.status_code, none.content) == (404, none.content)
    assert GET.send(client, account.key, path=f"/assets/{asset['id']}").json() == asset


def test_concurrent_deletes_succeed_once(client: httpx.Client, fresh: Account) -> None:
    asset = post(client, fresh.key, file_part(samples.png())).json()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: delete(client, fresh, asset["id"]), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + 7 * [404]


@pytest.mark.parametrize("id", ["1", "null", "%00", "0" * 5000, "é"])
def test_malformed_id_is_not_found(client: httpx.Client, account: Account, id: str) -> None:
    response = delete(client, account, id)
    assert response.status_code == 404
    DELETE.check_error(response)
