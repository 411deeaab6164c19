"""GET and DELETE /v1/assets/{vector_id}."""

from uuid import uuid4

import httpx

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import DELETE_ASSET, GET_ASSET, check_platform_error
from tests.dialects.fal.registration import host, register


def test_get_returns_registered_asset(client: httpx.Client, account: Account, url: str) -> None:
    registered = register(client, account, url, prompt="a bear")
    found = GET_ASSET.send(client, account.key, path=f"/v1/assets/{registered.json()['asset']['vector_id']}")
    assert (found.status_code, found.json()) == (200, registered.json())


def test_delete_removes_asset_and_file(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    url = host(client, fresh, samples.png(), "image/png")
    path = f"/v1/assets/{register(client, fresh, url).json()['asset']['vector_id']}"
    assert client.get(url).status_code == 200
    response = DELETE_ASSET.send(client, fresh.key, path=path)
    assert (response.status_code, response.content) == (204, b"")
    assert client.get(url).status_code == 404
    assert register(client, fresh, url).status_code == 404
    assert stored.count(fresh)["file"] == stored.count(fresh)["asset"] == 0
    for endpoint in (GET_ASSET, DELETE_ASSET):
        assert endpoint.send(client, fresh.key, path=path).status_code == 404


def test_foreign_and_unknown_ids_look_alike(client: httpx.Client, account: Account, fresh: Account, url: str) -> None:
    """GET and DELETE answer the same for both."""
    id = register(client, account, url).json()["asset"]["vector_id"]
    for endpoint in (GET_ASSET, DELETE_ASSET):
        told = []
        for key, asked in ((fresh.key, id), (account.key, str(uuid4())), (account.key, "nonsense")):
            response = endpoint.send(client, key, path=f"/v1/assets/{asked}")
            assert response.status_code == 404
            check_platform_error(response, "not_found")
            told.append(response.json()["error"]["message"])
        assert len(set(told)) == 1, told
    assert GET_ASSET.send(client, account.key, path=f"/v1/assets/{id}").status_code == 200
