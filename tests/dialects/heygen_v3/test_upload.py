"""POST /v3/assets: the answer for each type, for any declared type."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.heygen_v3.endpoints import UPLOAD, auth
from tests.dialects.sizes import wav_of
from tests.dialects.wire.form import CONTENT_TYPE, file_part, form, text_part
from tests.server import Serve


def post(client: httpx.Client, account: Account, *parts: bytes) -> httpx.Response:
    return client.post("/v3/assets", content=form(*parts), headers={**auth(account.key), "Content-Type": CONTENT_TYPE})


@pytest.mark.parametrize("declared", ["application/octet-stream", "text/plain", "video/mp4"])
@pytest.mark.parametrize("mime", sorted(UPLOAD.types))
def test_upload_response_is_complete(
    client: httpx.Client, server: Serve, account: Account, mime: str, declared: str
) -> None:
    """HeyGen's command line declares octet-stream and sends the base name."""
    data = samples.ACCEPTED[mime]()
    response = post(client, account, file_part(data, filename="clip.bin", declared=declared))
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert list(body) == ["data"]
    answer = body["data"]
    assert list(answer) == ["asset_id", "url", "mime_type", "size_bytes"]
    assert UUID(hex=answer["asset_id"]).hex == answer["asset_id"]
    assert (answer["mime_type"], answer["size_bytes"]) == (mime, len(data))
    assert answer["url"].startswith(f"{server.url}/files/b/")
    served = client.get(answer["url"])
    assert served.content == data
    assert served.headers["content-type"] == mime


def test_document_is_served_as_attachment(client: httpx.Client, account: Account) -> None:
    for data in (samples.pdf(), samples.srt()):
        url = post(client, account, file_part(data)).json()["data"]["url"]
        assert client.get(url).headers["content-disposition"].startswith("attachment")


def test_invalid_file_field_is_named(client: httpx.Client, account: Account) -> None:
    for parts in ([], [file_part(b"")], [file_part(samples.gif())], [file_part(samples.png(), name="image")]):
        error = post(client, account, *parts).json()["error"]
        assert (error["code"], error["param"]) == ("invalid_parameter", "file")


def test_error_without_field_has_null_for_param(client: httpx.Client, account: Account) -> None:
    assert client.get("/v3/nothing", headers=auth(account.key)).json()["error"]["param"] is None
    assert client.post("/v3/assets").json()["error"]["param"] is None


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"json": {"file": "a.png"}},
        {"content": samples.png(), "headers": {"Content-Type": "image/png"}},
        {"data": {"file": "a.png"}},
        {"content": form(text_part("name", "a.png")), "headers": {"Content-Type": CONTENT_TYPE}},
    ],
    ids=["nothing", "json", "raw", "urlencoded", "form without file"],
)
def test_upload_without_a_file_gets_the_vendors_sentence(
    client: httpx.Client, account: Account, request_: dict[str, Any]
) -> None:
    response = UPLOAD.send(client, account.key, **request_)
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["code"], error["param"]) == ("invalid_parameter", "file")
    assert error["message"] == "File is required. Upload a file using multipart/form-data."


def test_size_limit_is_exact(client: httpx.Client, account: Account, stored: StoredData) -> None:
    accepted = UPLOAD.upload(client, account.key, wav_of(UPLOAD.limit))
    assert accepted.status_code == 200, accepted.text
    assert accepted.json()["data"]["size_bytes"] == UPLOAD.limit
    before = stored.count(account)
    refused = UPLOAD.upload(client, account.key, wav_of(UPLOAD.limit + 1))
    assert refused.status_code == 400
    UPLOAD.check_error(refused, "invalid_parameter")
    stored.expect_counts(account, before)
