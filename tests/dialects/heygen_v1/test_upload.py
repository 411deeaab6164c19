"""POST /v1/asset: the envelope, the declared type, and refusals [observed] at the live service."""

import time
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.heygen_v1.endpoints import MIB, UPLOAD, auth
from tests.dialects.sizes import jpeg_of, mp4_of, wav_of
from tests.dialects.wire.form import CONTENT_TYPE, file_part, form
from tests.server import Serve

# Known spellings of the accepted types.
SPELLINGS = {
    "image/png": ["image/png", "IMAGE/PNG", "image/png; charset=binary", "image/x-png"],
    "image/jpeg": ["image/jpeg", "image/jpg", "image/pjpeg"],
    "video/mp4": ["video/mp4", "video/mp4; codecs=avc1", "video/x-m4v"],
    "video/webm": ["video/webm"],
    "audio/mpeg": ["audio/mpeg", "audio/mp3"],
    "audio/wav": ["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"],
}


def post(client: httpx.Client, account: Account, data: bytes, declared: str | None, query: str = "") -> httpx.Response:
    headers = {**auth(account.key), **({"Content-Type": declared} if declared else {})}
    return client.post(f"/v1/asset{query}", content=data, headers=headers)


@pytest.mark.parametrize(("mime", "declared"), [(mime, word) for mime, words in SPELLINGS.items() for word in words])
def test_upload_response_is_complete(
    client: httpx.Client, server: Serve, account: Account, mime: str, declared: str
) -> None:
    data = samples.ACCEPTED[mime]()
    response = post(client, account, data, declared)
    assert response.status_code == 200, response.text
    envelope = response.json()
    id = envelope["data"]["id"]
    kind = mime.partition("/")[0]
    created, url = envelope["data"].pop("created_ts"), envelope["data"].pop("url")
    assert envelope == {
        "code": 100,
        "data": {
            "id": id,
            "name": id,
            "file_type": kind,
            "folder_id": "",
            "meta": None,
            "image_key": f"image/{id}/original" if kind == "image" else None,
        },
        "msg": None,
        "message": None,
    }
    assert UUID(hex=id).hex == id
    assert isinstance(created, int)
    assert abs(time.time() - created) < 300
    assert url.startswith(f"{server.url}/files/b/")
    served = client.get(url)
    assert (served.content, served.headers["content-type"]) == (data, mime)


def test_keys_are_in_vendor_order(client: httpx.Client, account: Account) -> None:
    envelope = post(client, account, samples.png(), "image/png").json()
    assert UPLOAD.spec
    operation = UPLOAD.spec.document["paths"]["/v1/asset"]["post"]
    example = operation["responses"]["200"]["content"]["application/json"]["examples"]["Image File"]["value"]
    assert (list(envelope), list(envelope["data"])) == (list(example), list(example["data"]))


def test_upload_without_content_type_succeeds(client: httpx.Client, account: Account) -> None:
    assert post(client, account, samples.png(), None).status_code == 200


@pytest.mark.parametrize(
    ("mime", "declared"),
    [
        ("image/png", "image/jpeg"),
        ("image/jpeg", "image/png"),
        ("video/mp4", "video/webm"),
        ("video/webm", "video/mp4"),
        ("audio/mpeg", "audio/wav"),
        ("audio/wav", "video/mp4"),
        ("image/png", "application/octet-stream"),
        ("image/png", "binary/octet-stream"),
        ("image/png", "application/json"),
        ("image/png", "application/x-www-form-urlencoded"),
        ("image/png", "text/html"),
        ("image/png", "image/"),
        ("image/png", "nonsense"),
    ],
)
def test_mismatched_content_type_is_refused(
    client: httpx.Client, account: Account, stored: StoredData, mime: str, declared: str
) -> None:
    before = stored.count(account)
    response = post(client, account, samples.ACCEPTED[mime](), declared)
    assert response.status_code == 400
    UPLOAD.check_error(response, 400175)
    assert "Content type not match" in response.json()["message"]
    stored.expect_counts(account, before)


@pytest.mark.parametrize("path", ["/v1/asset", "/v1/talking_photo"])
def test_empty_body_gets_the_vendors_sentence(client: httpx.Client, account: Account, path: str) -> None:
    response = client.post(path, headers={**auth(account.key), "Content-Type": "image/png"})
    assert response.status_code == 400
    UPLOAD.check_error(response, 40001)
    assert response.json()["message"] == "asset data must be provided"


@pytest.mark.parametrize("content_type", [CONTENT_TYPE, "multipart/form-data", "Multipart/Mixed; boundary=x"])
@pytest.mark.parametrize(
    "body", [form(file_part(samples.png())), b"", samples.png()], ids=["form", "nothing", "a file"]
)
def test_multipart_body_is_refused_with_40001(
    client: httpx.Client, account: Account, stored: StoredData, content_type: str, body: bytes
) -> None:
    before = stored.count(account)
    response = post(client, account, body, content_type)
    assert response.status_code == 400
    UPLOAD.check_error(response, 40001)
    assert response.json()["message"] == "asset data must be provided"
    stored.expect_counts(account, before)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?name=holiday.png", "holiday.png"),
        ("?name=" + quote("Grüße 東京.png"), "Grüße 東京.png"),
        ("?name=holiday", "holiday.png"),
        ("?name=a%2Fb%00c%0D%0A.png", "b_c__.png"),
        ("?name=%FF%FE.png", "��.png"),
        ("?name=", "file.png"),
        ("", "file.png"),
    ],
)
def test_query_name_becomes_file_name(client: httpx.Client, account: Account, query: str, expected: str) -> None:
    envelope = post(client, account, samples.png(), "image/png", query).json()
    assert envelope["data"]["url"].endswith("/" + quote(expected, safe=""))
    assert client.get(envelope["data"]["url"]).content == samples.png()


def test_oversized_chunked_body_is_refused(client: httpx.Client, account: Account, stored: StoredData) -> None:
    data = memoryview(mp4_of(UPLOAD.limit + 1))
    before = stored.count(account)
    pieces = (bytes(data[at : at + MIB]) for at in range(0, len(data), MIB))
    headers = {**auth(account.key), "Content-Type": "video/mp4"}
    response = client.post("/v1/asset", content=pieces, headers=headers)
    assert response.status_code == 400
    UPLOAD.check_error(response, 400175)
    stored.expect_counts(account, before)


@pytest.mark.parametrize(
    ("make", "declared", "limit"),
    [(jpeg_of, "image/jpeg", 50 * MIB), (wav_of, "audio/wav", 50 * MIB), (mp4_of, "video/mp4", 100 * MIB)],
)
def test_size_limit_is_exact(
    client: httpx.Client, account: Account, stored: StoredData, make: Any, declared: str, limit: int
) -> None:
    accepted = post(client, account, make(limit), declared)
    assert accepted.status_code == 200, accepted.text
    before = stored.count(account)
    refused = post(client, account, make(limit + 1), declared)
    assert refused.status_code == 400
    UPLOAD.check_error(refused, 400175)
    assert str(limit) in refused.json()["message"]
    stored.expect_counts(account, before)
