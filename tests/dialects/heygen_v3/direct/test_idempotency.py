"""POST /v3/assets/direct-uploads: the Idempotency-Key."""

from typing import Any

import httpx

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.heygen_v3.endpoints import auth
from tests.dialects.heygen_v3.upload_sessions import PRESIGN, check_param_error, complete, declaration, put
from tests.dialects.idempotency import new_key


class TestIdempotency:
    """The Idempotency-Key of a presign."""

    def promise(self, client: httpx.Client, account: Account, key: str, **body: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key}
        return PRESIGN.send(client, account.key, json={**declaration(samples.png()), **body}, headers=headers)

    def test_same_key_replays_upload_url(self, client: httpx.Client, account: Account, stored: StoredData) -> None:
        key = new_key()
        first = self.promise(client, account, key)
        before = stored.count(account)
        for body in ({}, {"filename": "b.png"}, {"size_bytes": 1}):
            again = self.promise(client, account, key, **body)
            assert (again.status_code, again.content) == (200, first.content)
            assert again.headers["idempotent-replayed"] == "true"
        stored.expect_counts(account, before)
        put(client, first.json()["data"], samples.png())
        assert complete(client, account, first.json()["data"]).status_code == 200
        assert self.promise(client, account, key).content == first.content

    def test_key_is_scoped_to_route(self, client: httpx.Client, account: Account) -> None:
        """HeyGen's render client sends the same key for a presign and for a render."""
        headers = {"Idempotency-Key": new_key()}
        slot = PRESIGN.send(client, account.key, json=declaration(samples.png()), headers=headers).json()["data"]
        body = {"files": [declaration(samples.png())]}
        batch = client.post(f"{PRESIGN.path}/batches", json=body, headers={**headers, **auth(account.key)})
        assert "batch_id" in batch.json()["data"]
        put(client, slot, samples.png())
        path = f"/v3/assets/{slot['asset_id']}/complete"
        done = client.post(path, json={}, headers={**headers, **auth(account.key)})
        assert done.json()["data"]["asset_id"] == slot["asset_id"]

    def test_key_is_scoped_to_workspace(self, client: httpx.Client, account: Account, fresh: Account) -> None:
        key = new_key()
        assert self.promise(client, account, key).content != self.promise(client, fresh, key).content

    def test_refused_request_frees_its_key(self, client: httpx.Client, account: Account) -> None:
        key = new_key()
        assert self.promise(client, account, key, size_bytes=0).status_code == 400
        assert self.promise(client, account, key).status_code == 200

    def test_invalid_key_is_refused(self, client: httpx.Client, account: Account) -> None:
        response = self.promise(client, account, "a b")
        assert response.status_code == 400
        check_param_error(response, "Idempotency-Key")
