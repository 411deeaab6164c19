"""POST /storage/upload/initiate, and PUT to its upload URL."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests import samples
from tests.contracts.dialect import Endpoint, TakesBodies, TakesFiles
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import INITIATE, STORAGE, UPLOAD, auth, check_storage_error, initiated_single
from tests.server import Serve


class TestUploadSessions:
    """POST /storage/upload/initiate and PUT to its upload URL."""

    def promise(self, client: httpx.Client, account: Account, **body: str) -> dict[str, str]:
        response = INITIATE.send(client, account.key, path="/storage/upload/initiate?storage_type=gcs", json=body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def test_initiated_upload_is_stored_and_served(self, client: httpx.Client, server: Serve, account: Account) -> None:
        promise = self.promise(client, account, file_name="Grüße.png", content_type="image/png")
        assert list(promise) == ["upload_url", "file_url"]
        assert promise["upload_url"].startswith(f"{server.url}/storage/upload/")
        assert parse_qs(urlsplit(promise["upload_url"]).query)  # the clients keep what is in the query
        assert client.get(promise["file_url"]).status_code == 404
        put = client.put(promise["upload_url"], content=samples.png(), headers={"Content-Type": "image/png"})
        assert put.status_code == 200
        assert put.headers["content-type"] == "application/json"
        served = client.get(promise["file_url"])
        assert (served.content, served.headers["content-type"]) == (samples.png(), "image/png")
        assert "filename*=UTF-8''Gr%C3%BC%C3%9Fe.png" in served.headers["content-disposition"]

    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Key wrong"}, {"Authorization": "Bearer x"}], ids=str)
    def test_upload_url_needs_no_key(self, client: httpx.Client, account: Account, headers: dict[str, str]) -> None:
        put = client.put(self.promise(client, account)["upload_url"], content=samples.png(), headers=headers)
        assert put.status_code == 200

    def test_repeated_put_must_have_same_bytes(
        self, client: httpx.Client, account: Account, stored: StoredData
    ) -> None:
        promise = self.promise(client, account)
        client.put(promise["upload_url"], content=samples.png())
        before = stored.count(account)
        assert client.put(promise["upload_url"], content=samples.png()).status_code == 200
        for other in (samples.jpeg(), samples.png() + b"x", b""):
            response = client.put(promise["upload_url"], content=other)
            assert response.status_code == 422
            check_storage_error(response)
        assert client.get(promise["file_url"]).content == samples.png()
        stored.expect_counts(account, before)

    def test_refused_put_can_be_retried(self, client: httpx.Client, account: Account) -> None:
        promise = self.promise(client, account, file_name="a.png")
        assert client.put(promise["upload_url"], content=samples.text()).status_code == 415
        assert client.put(promise["upload_url"], content=samples.png()).status_code == 200

    def test_foreign_token_is_not_found(self, client: httpx.Client, account: Account, stored: StoredData) -> None:
        promise, other = self.promise(client, account), self.promise(client, account)
        before = stored.count(account)
        path, _, query = promise["upload_url"].partition("?")
        wrong = other["upload_url"].partition("?")[2]
        for attempt in (
            f"{path}?{wrong}",
            path,
            f"{path}?token=",
            f"{path}?token=%00",
            f"{path}?token=%ff",
            f"{path}?x=1&{query}x",
        ):
            response = client.put(attempt, content=samples.png())
            assert response.status_code == 404, attempt
            check_storage_error(response)
        stored.expect_counts(account, before)

    def test_expired_upload_url_is_not_found(self, client: httpx.Client, account: Account, stored: StoredData) -> None:
        url = self.promise(client, account)["upload_url"]
        id = urlsplit(url).path.rsplit("/", 1)[1]
        stored.database.execute("UPDATE upload SET expires_at = now() - interval '1 second' WHERE id = %s", [id])
        response = client.put(url, content=samples.png())
        assert response.status_code == 404
        check_storage_error(response)

    def test_foreign_file_cannot_be_registered(self, client: httpx.Client, account: Account, fresh: Account) -> None:
        promise = self.promise(client, account)
        client.put(promise["upload_url"], content=samples.png())
        body = {"url": promise["file_url"], "type": "image"}
        assert client.post("/v1/assets/uploads", json=body, headers=auth(fresh.key)).status_code == 404

    @pytest.mark.parametrize(
        "body",
        [
            {"file_name": 1},
            {"file_name": "x" * 1025},
            {"file_name": "a\0b"},
            {"content_type": 1},
            {"content_type": "x" * 256},
            {"content_type": "image/png\0"},
        ],
        ids=lambda body: repr(body)[:32],
    )
    def test_invalid_field_is_refused(
        self, client: httpx.Client, account: Account, stored: StoredData, body: dict[str, Any]
    ) -> None:
        before = stored.count(account)
        response = INITIATE.send(client, account.key, json=body)
        assert response.status_code == 422
        check_storage_error(response)
        stored.expect_counts(account, before)


class TestPut(TakesFiles, TakesBodies):
    """The contract for PUT. Each test gets an upload, which stays open after a refusal."""

    @property
    def endpoint(self) -> Endpoint:  # type: ignore[override]
        """The endpoint's path is the upload URL."""
        if not hasattr(self, "_door"):
            self._door = Endpoint(
                name="fal-put",
                method="PUT",
                path=initiated_single(self),
                auth=lambda _: {},
                refusals=STORAGE,
                check_error=check_storage_error,
                valid=lambda _: {},
                types=UPLOAD.types,
                limit=UPLOAD.limit,
            )
        return self._door
