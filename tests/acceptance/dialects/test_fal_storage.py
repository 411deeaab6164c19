"""fal's storage protocol: token and upload, initiate and PUT, parts; who may read, and for how long."""

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
    bearer,
    initiate,
    refused_by_fal_storage,
    register,
)

NAMED = Sample(samples.png(), "image/png", "a b.png")
FILM = samples.mp4()
THIRD = len(FILM) // 3


def test_a_token_is_what_the_client_expects(http: httpx.Client, key: str) -> None:
    answer = http.post("/storage/auth/token", json={}, headers={"authorization": f"Key {key}"})
    token = answer.raise_for_status().json()
    expires = datetime.fromisoformat(token["expires_at"])
    assert token["expires_at"].endswith("+00:00"), "older Pythons read no Z"
    assert timedelta(0) < expires - datetime.now(UTC) < timedelta(days=1)
    assert token["token_type"]
    assert token["base_url"].startswith("http")


def test_a_token_opens_no_other_door(http: httpx.Client, key: str) -> None:
    token = http.post("/storage/auth/token", json={}, headers=bearer(key)).json()["token"]
    assert http.post("/assets", files={"file": samples.png()}, headers=bearer(token)).status_code == 401
    assert http.post("/storage/auth/token", json={}, headers=bearer(token)).status_code == 401


@pytest.mark.parametrize("change", ["expired", "cut", "other key", "not ascii"])
def test_a_forged_token_is_a_401(http: httpx.Client, key: str, change: str) -> None:
    token: str = http.post("/storage/auth/token", json={}, headers=bearer(key)).json()["token"]
    forged = {
        "expired": token.replace(".1", ".2", 1),
        "cut": token[:-3],
        "other key": token[:5] + ("0" if token[5] != "0" else "1") + token[6:],
        "not ascii": token + "é",
    }[change]
    headers = {"authorization": f"Bearer {forged}".encode(), "content-type": "image/png"}
    answer = http.post("/files/upload", content=samples.png(), headers=headers)
    assert answer.status_code == 401
    refused_by_fal_storage(answer)


@pytest.mark.parametrize("endpoint", [FAL_UPLOAD, FAL_PUT], ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize("mime", sorted(FAL_UPLOAD.accepts))
def test_the_url_of_an_upload_serves_its_bytes(http: httpx.Client, key: str, endpoint: Endpoint, mime: str) -> None:
    data = samples.ACCEPTED[mime]()
    answer = endpoint.send(http, key, Sample(data, mime, "named.bin"))
    assert answer.status_code == 200, answer.text
    served = http.get(endpoint.url(answer.json()))
    assert served.content == data
    assert served.headers["content-type"].partition(";")[0] == mime


@pytest.mark.parametrize("endpoint", [FAL_UPLOAD, FAL_PUT], ids=lambda endpoint: endpoint.name)
def test_what_is_no_media_is_kept_and_served_as_a_download(http: httpx.Client, key: str, endpoint: Endpoint) -> None:
    answer = endpoint.send(http, key, Sample(b"a,b\n1,2\n", "text/csv", "table.csv"))
    served = http.get(endpoint.url(answer.raise_for_status().json()))
    assert served.content == b"a,b\n1,2\n"
    assert served.headers["content-disposition"].startswith("attachment")
    assert served.headers["content-type"] == "application/octet-stream"


def test_the_promised_url_is_the_one_that_serves(http: httpx.Client, key: str) -> None:
    promised = initiate(http, key, NAMED)
    assert http.get(promised["file_url"]).status_code == 404
    assert http.put(promised["upload_url"], content=NAMED.data).status_code == 200
    assert http.get(promised["file_url"]).content == NAMED.data


def test_a_promise_is_kept_once(http: httpx.Client, key: str) -> None:
    address = initiate(http, key, NAMED)["upload_url"]
    assert http.put(address, content=NAMED.data).status_code == 200
    assert http.put(address, content=NAMED.data).status_code == 200, "an answer that was lost is asked for again"
    other = http.put(address, content=samples.jpeg())
    assert 400 <= other.status_code < 500
    assert other.status_code != 409, "fal's client would repeat it ten times"
    refused_by_fal_storage(other)


def test_a_refused_promise_can_still_be_kept(http: httpx.Client, key: str) -> None:
    address = initiate(http, key, NAMED)["upload_url"]
    assert http.put(address, content=samples.truncated_png(), headers={"content-type": "image/png"}).status_code == 422
    assert http.put(address, content=NAMED.data).status_code == 200


def test_an_upload_without_its_token_is_as_unknown_as_one_that_never_was(http: httpx.Client, key: str) -> None:
    address = httpx.URL(initiate(http, key, NAMED)["upload_url"])
    without = http.put(address.copy_with(query=None), content=NAMED.data)
    wrong = http.put(address.copy_set_param("token", "x" * 43), content=NAMED.data)
    never = http.put(f"/storage/upload/{uuid4().hex}", params={"token": "x" * 43}, content=NAMED.data)
    assert without.status_code == wrong.status_code == never.status_code == 404
    assert without.content == wrong.content == never.content


def test_no_or_a_bad_key_is_a_401(http: httpx.Client) -> None:
    for path in ("/storage/auth/token", "/storage/upload/initiate", "/files/upload"):
        for headers in ({}, {"authorization": "Key nonsense"}, {"authorization": "Bearer mtp_x.1.y"}):
            answer = http.post(path, json={}, headers=headers)
            assert answer.status_code == 401, path
            refused_by_fal_storage(answer)


def test_an_empty_file_is_refused(http: httpx.Client, key: str) -> None:
    for endpoint in (FAL_UPLOAD, FAL_PUT):
        answer = endpoint.send(http, key, Sample(b"", "image/png"))
        assert answer.status_code == 422
        refused_by_fal_storage(answer)


def test_parts_as_python_sends_them(http: httpx.Client, key: str) -> None:
    """Out of order and with one sent twice; the tag is in a header, and the list as they were done."""
    headers = {**fal(key), "content-type": "video/mp4", "x-fal-file-name": "film.mp4"}
    begun = http.post("/files/upload/multipart", headers=headers).raise_for_status().json()
    address = f"{begun['access_url']}/multipart/{begun['uploadId']}"
    listed = []
    for number in (3, 1, 2, 1):
        data = FILM[(number - 1) * THIRD : number * THIRD if number < 3 else None]
        put = http.put(f"{address}/{number}", content=data, headers=fal(key))
        listed.append({"partNumber": number, "etag": put.raise_for_status().headers["etag"]})
    assert http.get(begun["access_url"]).status_code == 404
    done = http.post(f"{address}/complete", json={"parts": listed[:3]}, headers=fal(key))
    assert done.is_success
    assert http.get(begun["access_url"]).content == FILM
    assert register(http, key, begun["access_url"], "video").json()["asset"]["width"] == 64


def test_parts_as_javascript_sends_them(http: httpx.Client, key: str) -> None:
    """Without a key; the tag is in the body, and the permission in the query."""
    wanted = {"content_type": "video/mp4", "file_name": "film.mp4"}
    answer = http.post("/storage/upload/initiate-multipart", json=wanted, headers=fal(key))
    promised = answer.raise_for_status().json()
    address = httpx.URL(promised["upload_url"])
    listed = []
    for number, data in enumerate((FILM[:THIRD], FILM[THIRD:]), 1):
        put = http.put(address.copy_with(path=f"{address.path}/{number}"), content=data)
        listed.append(put.raise_for_status().json())
        assert listed[-1]["partNumber"] == number
    done = address.copy_with(path=f"{address.path}/complete")
    assert http.post(done, json={"parts": listed}).is_success
    assert http.post(done, json={"parts": listed}).is_success, "an answer that was lost is asked for again"
    assert http.get(promised["file_url"]).content == FILM


@pytest.mark.parametrize(("decision", "status"), [("forbid", 403), ("hide", 404)])
def test_who_may_read(http: httpx.Client, key: str, other_key: str, decision: str, status: int) -> None:
    url = FAL_UPLOAD.url(FAL_UPLOAD.send(http, key, NAMED).json())
    assert http.get(url).content == NAMED.data
    put = http.put("/v1/storage/files/acl", params={"url": url}, json={"default": decision}, headers=fal(key))
    assert put.raise_for_status().json() == {"default": decision, "rules": []}
    assert http.get(url).status_code == http.head(url).status_code == status
    assert http.get(url, headers=fal(other_key)).status_code == status
    assert http.get(url, headers=fal(key)).content == NAMED.data
    sign = http.post("/v1/storage/files/sign", params={"url": url}, json={"expiration_seconds": 60}, headers=fal(key))
    assert http.get(sign.raise_for_status().json()["signed_url"]).content == NAMED.data


def test_a_file_ends_when_its_sender_said(http: httpx.Client, key: str) -> None:
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


def test_settings_are_for_files_to_come(http: httpx.Client, key: str) -> None:
    path = "/v1/storage/settings"
    before = http.get(path, headers=fal(key)).raise_for_status().json()
    old = FAL_UPLOAD.url(FAL_UPLOAD.send(http, key, NAMED).json())
    try:
        http.put(path, json={"initial_acl": {"default": "hide"}}, headers=fal(key)).raise_for_status()
        new = FAL_UPLOAD.url(FAL_UPLOAD.send(http, key, NAMED).json())
    finally:
        http.put(path, json=before, headers=fal(key)).raise_for_status()
    assert (http.get(old).status_code, http.get(new).status_code) == (200, 404)


def test_through_the_proxy(http: httpx.Client, key: str) -> None:
    target = "https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3"
    headers = {**fal(key), "x-fal-target-url": target}
    promised = http.post("/api/fal/proxy", json={"file_name": "a.png"}, headers=headers).raise_for_status().json()
    assert http.put(promised["upload_url"], content=NAMED.data).is_success
    assert http.get(promised["file_url"]).content == NAMED.data
    elsewhere = {**fal(key), "x-fal-target-url": "https://example.com/storage/upload/initiate"}
    refused_by_fal_storage(http.post("/api/fal/proxy", json={}, headers=elsewhere))


def fal(key: str) -> dict[str, str]:
    return {"authorization": f"Key {key}"}
