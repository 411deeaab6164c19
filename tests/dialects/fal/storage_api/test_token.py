"""POST /storage/auth/token: a token for /files/upload only."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import TOKEN, check_storage_error
from tests.dialects.idempotency import until
from tests.server import Serve


class TestTokens:
    """POST /storage/auth/token."""

    def token(self, client: httpx.Client, account: Account) -> dict[str, Any]:
        return dict(TOKEN.send(client, account.key, path="/storage/auth/token?storage_type=fal-cdn-v3", json={}).json())

    def test_token_response_is_complete(self, client: httpx.Client, server: Serve, account: Account) -> None:
        token = self.token(client, account)
        assert list(token) == ["token", "token_type", "base_url", "expires_at"]
        assert (token["token_type"], token["base_url"]) == ("Bearer", server.url)
        expires = datetime.fromisoformat(token["expires_at"])
        assert token["expires_at"].endswith("+00:00")  # Python 3.10 does not read a Z
        assert timedelta(minutes=5) < expires - datetime.now(UTC) < timedelta(days=1)

    def test_token_uploads_into_workspace_of_its_key(
        self, client: httpx.Client, fresh: Account, stored: StoredData
    ) -> None:
        headers = {"Authorization": f"Bearer {self.token(client, fresh)['token']}", "Content-Type": "image/png"}
        assert client.post("/files/upload", content=samples.png(), headers=headers).status_code == 200
        assert stored.count(fresh)["file"] == 1

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/assets"),
            ("POST", "/v1/asset"),
            ("POST", "/v3/assets"),
            ("POST", "/v1/assets/uploads"),
            ("POST", "/storage/auth/token"),
            ("POST", "/storage/upload/initiate"),
            ("GET", "/assets/01a1fc53-da17-76ab-b746-582344c97071"),
        ],
    )
    def test_token_is_refused_by_other_operations(
        self, client: httpx.Client, account: Account, method: str, path: str
    ) -> None:
        headers = {"Authorization": f"Bearer {self.token(client, account)['token']}"}
        assert client.request(method, path, headers=headers).status_code == 401

    def test_forged_token_is_refused(self, client: httpx.Client, account: Account) -> None:
        token = self.token(client, account)["token"]
        id, expires, mac = token.split(".")
        for forged in (
            f"{id}.{int(expires) + 3600}.{mac}",
            f"{id}.{expires}.{mac[:-4]}AAA=",
            f"{id}.{expires}",
            f"{id}..{mac}",
        ):
            response = client.post(
                "/files/upload", content=samples.png(), headers={"Authorization": f"Bearer {forged}"}
            )
            assert response.status_code == 401
            check_storage_error(response)

    def test_revoked_key_revokes_its_tokens(self, client: httpx.Client, fresh: Account, stored: StoredData) -> None:
        headers = {"Authorization": f"Bearer {self.token(client, fresh)['token']}"}
        assert client.post("/files/upload", content=b"x", headers=headers).status_code == 200
        stored.revoke(fresh)
        until(lambda: client.post("/files/upload", content=b"x", headers=headers).status_code == 401)
