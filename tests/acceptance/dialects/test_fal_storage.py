"""fal's storage protocol: token and upload, initiate and PUT, multipart, access control, expiration."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import (
    FAL_PUT,
    FAL_UPLOAD,
    Endpoint,
    Sample,
    assert_fal_storage_error,
    bearer,
    initiate,
    register,
)

NAMED = Sample(samples.png(), "image/png", "a b.png")
VIDEO = samples.mp4()
THIRD = len(VIDEO) // 3


def test_token_has_fields_of_client(http: httpx.Client, key: str) -> None:
    response = http.post("/storage/auth/token", json={}, headers={"authorization": f"Key {key}"})
    token = response.raise_for_status().json()
    expires = datetime.fromisoformat(token["expires_at"])
    assert token["expires_at"].endswith("+00:00"), "Python 3.10 cannot parse Z"
    assert timedelta(0) < expires - datetime.now(UTC) < timedelta(days=1)
    assert token["token_type"]
    assert token["base_url"].startswith("http")


def test_upload_token_is_refused_elsewhere(http: httpx.Client, key: str) -> None:
    token = http.post("/storage/auth/token", json={}, headers=bearer(key)).json()["token"]
    assert http.post("/assets", files={"file": samples.png()}, headers=bearer(token)).status_code == 401
    assert http.post("/storage/auth/token", json={}, headers=bearer(token)).status_code == 401


@pytest.mark.parametrize("change", ["expired", "cut", "other key", "not ascii"])
def test_forged_token_gets_401(http: httpx.Client, key: str, change: str) -> None:
    token: str = http.post("/storage/auth/token", json={}, headers=bearer(key)).json()["token"]
    forged = {
        "expired": token.replace(".1", ".2", 1),
        "cut": token[:-3],
        "other key": token[:5] + ("0" if token[5] != "0" else "1") + token[6:],
        "not ascii": token + "é",
    }[change]
    headers = {"authorization": f"Bearer {forged}".encode(), "content-type": "image/png"}
    response = http.post("/files/upload", content=samples.png(), headers=headers)
    assert response.status_code == 401
    assert_fal_storage_error(response)


@pytest.mark.parametrize("endpoint", [FAL_UPLOAD, FAL_PUT], ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize("mime", sorted(FAL_UPLOAD.accepts))
def test_url_of_upload_serves_its_bytes(http: httpx.Client, key: str, endpoint: Endpoint, mime: str) -> None:
    data = samples.ACCEPTED[mime]()
    response = endpoint.send(http, key, Sample(data, mime, "named.bin"))
    assert response.status_code == 200, response.text
    served = http.get(endpoint.url(response.json()))
    assert served.content == data
    assert served.headers["content-type"].partition(";")[0] == mime


@pytest.mark.parametrize("endpoint", [FAL_UPLOAD, FAL_PUT], ids=lambda endpoint: endpoint.name)
def test_text_is_served_as_download_with_its_type(http: httpx.Client, key: str, endpoint: Endpoint) -> None:
    response = endpoint.send(http, key, Sample(b"a,b\n1,2\n", "text/csv", "table.csv"))
    served = http.get(endpoint.url(response.raise_for_status().json()))
    assert served.content == b"a,b\n1,2\n"
    assert served.headers["content-disposition"].startswith("attachment")
    assert served.headers["content-type"] == "text/csv; charset=utf-8"


def test_initiated_file_url_serves_after_upload(http: httpx.Client, key: str) -> None:
    initiated = initiate(http, key, NAMED)
    assert http.get(initiated["file_url"]).status_code == 404
    assert http.put(initiated["upload_url"], content=NAMED.data).status_code == 200
    assert http.get(initiated["file_url"]).content == NAMED.data


def test_initiated_upload_accepts_one_content(http: httpx.Client, key: str) -> None:
    address = initiate(http, key, NAMED)["upload_url"]
    assert http.put(address, content=NAMED.data).status_code == 200
    assert http.put(address, content=NAMED.data).status_code == 200, "a client retries after a lost response"
    other = http.put(address, content=samples.jpeg())
    assert 400 <= other.status_code < 500
    assert other.status_code != 409, "fal's client would repeat it ten times"
    assert_fal_storage_error(other)


def test_initiated_upload_accepts_retry_after_refusal(http: httpx.Client, key: str) -> None:
    address = initiate(http, key, NAMED)["upload_url"]
    assert http.put(address, content=samples.truncated_png(), headers={"content-type": "image/png"}).status_code == 422
    assert http.put(address, content=NAMED.data).status_code == 200


def test_upload_with_wrong_token_looks_unknown(http: httpx.Client, key: str) -> None:
    address = httpx.URL(initiate(http, key, NAMED)["upload_url"])
    without = http.put(address.copy_with(query=None), content=NAMED.data)
    wrong = http.put(address.copy_set_param("token", "x" * 43), content=NAMED.data)
    unknown = http.put(f"/storage/upload/{uuid4().hex}", params={"token": "x" * 43}, content=NAMED.data)
    assert without.status_code == wrong.status_code == unknown.status_code == 404
    assert without.content == wrong.content == unknown.content


def test_missing_or_invalid_key_gets_401(http: httpx.Client) -> None:
    for path in ("/storage/auth/token", "/storage/upload/initiate", "/files/upload"):
        for headers in ({}, {"authorization": "Key nonsense"}, {"authorization": "Bearer mtp_x.1.y"}):
            response = http.post(path, json={}, headers=headers)
            assert response.status_code == 401, path
            assert_fal_storage_error(response)


def test_empty_file_gets_422(http: httpx.Client, key: str) -> None:
    for endpoint in (FAL_UPLOAD, FAL_PUT):
        response = endpoint.send(http, key, Sample(b"", "image/png"))
        assert response.status_code == 422
        assert_fal_storage_error(response)


def test_multipart_upload_of_python_client(http: httpx.Client, key: str) -> None:
    """Parts come out of order and one twice; the etag is in a header."""
    headers = {**fal(key), "content-type": "video/mp4", "x-fal-file-name": "film.mp4"}
    created = http.post("/files/upload/multipart", headers=headers).raise_for_status().json()
    address = f"{created['access_url']}/multipart/{created['uploadId']}"
    uploaded = []
    for number in (3, 1, 2, 1):
        data = VIDEO[(number - 1) * THIRD : number * THIRD if number < 3 else None]
        put = http.put(f"{address}/{number}", content=data, headers=fal(key))
        uploaded.append({"partNumber": number, "etag": put.raise_for_status().headers["etag"]})
    assert http.get(created["access_url"]).status_code == 404
    done = http.post(f"{address}/complete", json={"parts": uploaded[:3]}, headers=fal(key))
    assert done.is_success
    assert http.get(created["access_url"]).content == VIDEO
    assert register(http, key, created["access_url"], "video").json()["asset"]["width"] == 64


def test_multipart_upload_of_javascript_client(http: httpx.Client, key: str) -> None:
    """Parts come without a key; the etag is in the body, and the token in the query."""
    declared = {"content_type": "video/mp4", "file_name": "film.mp4"}
    response = http.post("/storage/upload/initiate-multipart", json=declared, headers=fal(key))
    initiated = response.raise_for_status().json()
    address = httpx.URL(initiated["upload_url"])
    uploaded = []
    for number, data in enumerate((VIDEO[:THIRD], VIDEO[THIRD:]), 1):
        put = http.put(address.copy_with(path=f"{address.path}/{number}"), content=data)
        uploaded.append(put.raise_for_status().json())
        assert uploaded[-1]["partNumber"] == number
    done = address.copy_with(path=f"{address.path}/complete")
    assert http.post(done, json={"parts": uploaded}).is_success
    assert http.post(done, json={"parts": uploaded}).is_success, "a client retries after a lost response"
    assert http.get(initiated["file_url"]).content == VIDEO


@pytest.mark.parametrize(("decision", "status"), [("forbid", 403), ("hide", 404)])
def test_acl_decides_who_may_read(http: httpx.Client, key: str, other_key: str, decision: str, status: int) -> None:
    url = FAL_UPLOAD.url(FAL_UPLOAD.send(http, key, NAMED).json())
    assert http.get(url).content == NAMED.data
    put = http.put("/v1/storage/files/acl", params={"url": url}, json={"default": decision}, headers=fal(key))
    assert put.raise_for_status().json() == {"default": decision, "rules": []}
    assert http.get(url).status_code == http.head(url).status_code == status
    assert http.get(url, headers=fal(other_key)).status_code == status
    assert http.get(url, headers=fal(key)).content == NAMED.data
    sign = http.post("/v1/storage/files/sign", params={"url": url}, json={"expiration_seconds": 60}, headers=fal(key))
    assert http.get(sign.raise_for_status().json()["signed_url"]).content == NAMED.data


def test_file_expires_as_declared(http: httpx.Client, key: str) -> None:
    lifecycle = '{"expiration_duration_seconds": 2}'
    headers = {**fal(key), "content-type": "image/png", "x-fal-object-lifecycle": lifecycle}
    before = time.monotonic()
    url = http.post("/files/upload", content=NAMED.data, headers=headers).raise_for_status().json()["access_url"]
    register(http, key, url, "image")
    served = http.get(url)
    assert served.status_code == 200 or time.monotonic() > before + 2
    time.sleep(max(0.0, before + 3 - time.monotonic()))
    assert http.get(url).status_code == 404
    assert register(http, key, url, "image").status_code == 404


def test_settings_apply_to_later_files_only(http: httpx.Client, key: str) -> None:
    path = "/v1/storage/settings"
    before = http.get(path, headers=fal(key)).raise_for_status().json()
    old = FAL_UPLOAD.url(FAL_UPLOAD.send(http, key, NAMED).json())
    try:
        http.put(path, json={"initial_acl": {"default": "hide"}}, headers=fal(key)).raise_for_status()
        new = FAL_UPLOAD.url(FAL_UPLOAD.send(http, key, NAMED).json())
    finally:
        http.put(path, json=before, headers=fal(key)).raise_for_status()
    assert (http.get(old).status_code, http.get(new).status_code) == (200, 404)


def test_proxy_forwards_to_storage_api_only(http: httpx.Client, key: str) -> None:
    target = "https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3"
    headers = {**fal(key), "x-fal-target-url": target}
    initiated = http.post("/api/fal/proxy", json={"file_name": "a.png"}, headers=headers).raise_for_status().json()
    assert http.put(initiated["upload_url"], content=NAMED.data).is_success
    assert http.get(initiated["file_url"]).content == NAMED.data
    elsewhere = {**fal(key), "x-fal-target-url": "https://example.com/storage/upload/initiate"}
    assert_fal_storage_error(http.post("/api/fal/proxy", json={}, headers=elsewhere))


def fal(key: str) -> dict[str, str]:
    return {"authorization": f"Key {key}"}
