"""POST /v3/assets/direct-uploads: which declarations are accepted."""

from typing import Any

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.heygen_v3.endpoints import auth
from tests.dialects.heygen_v3.upload_sessions import PRESIGN, check_param_error, complete, declaration, presign, put

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("declared", "mime"),
    [
        ("image/jpg", "image/jpeg"),
        ("IMAGE/PNG", "image/png"),
        ("image/png; charset=binary", "image/png"),
        ("audio/mp3", "audio/mpeg"),
        ("audio/x-wav", "audio/wav"),
        ("audio/wave", "audio/wav"),
        ("text/srt", "application/x-subrip"),
        ("application/x-zip-compressed", "application/zip"),
    ],
)
def test_type_aliases_are_accepted(client: httpx.Client, account: Account, declared: str, mime: str) -> None:
    data = samples.ACCEPTED[mime]()
    slot = presign(client, account, data, declared)
    assert put(client, slot, data).status_code == 200
    assert complete(client, account, slot).json()["data"]["mime_type"] == mime


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("Grüße 東京.png", "Grüße 東京.png"),
        ("../../etc/passwd", "passwd.png"),
        ("a.jpg", "a.jpg.png"),
        ("a", "a.png"),
        ("x" * 1024, None),
    ],
)
def test_filename_is_sanitized(client: httpx.Client, account: Account, filename: str, name: str | None) -> None:
    slot = presign(client, account, samples.png(), filename=filename)
    put(client, slot, samples.png())
    complete(client, account, slot)
    shown = client.get(f"/v3/assets/{slot['asset_id']}", headers=auth(account.key)).json()["data"]["name"]
    assert shown == name or (name is None and shown.endswith(".png"))


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"filename": None}, "filename"),
        ({"filename": ""}, "filename"),
        ({"filename": "x" * 1025}, "filename"),
        ({"filename": 1}, "filename"),
        ({"content_type": None}, "content_type"),
        ({"content_type": ""}, "content_type"),
        ({"content_type": "image/gif"}, "content_type"),
        ({"content_type": "application/octet-stream"}, "content_type"),
        ({"content_type": "png"}, "content_type"),
        ({"size_bytes": None}, "size_bytes"),
        ({"size_bytes": 0}, "size_bytes"),
        ({"size_bytes": -1}, "size_bytes"),
        ({"size_bytes": 1.5}, "size_bytes"),
        ({"size_bytes": "7"}, "size_bytes"),
        ({"size_bytes": 200 * MIB + 1}, "size_bytes"),
        ({"size_bytes": 2**70}, "size_bytes"),
        ({"checksum_sha256": ""}, "checksum_sha256"),
        ({"checksum_sha256": "0" * 63}, "checksum_sha256"),
        ({"checksum_sha256": "g" * 64}, "checksum_sha256"),
        ({"checksum_sha256": "A" * 43}, "checksum_sha256"),
        ({"checksum_sha256": "A" * 44}, "checksum_sha256"),
        ({"checksum_sha256": 1}, "checksum_sha256"),
    ],
    ids=lambda change: str(change)[:40],
)
def test_invalid_declaration_is_refused(
    client: httpx.Client, account: Account, stored: StoredData, change: dict[str, Any], param: str
) -> None:
    before = stored.count(account)
    response = PRESIGN.send(client, account.key, json={**declaration(samples.png()), **change})
    assert response.status_code == 400, response.text
    check_param_error(response, param)
    stored.expect_counts(account, before)


@pytest.mark.parametrize("field", ["filename", "content_type", "size_bytes"])
def test_missing_field_is_named(client: httpx.Client, account: Account, field: str) -> None:
    body = declaration(samples.png())
    del body[field]
    response = PRESIGN.send(client, account.key, json=body)
    assert response.status_code == 400
    check_param_error(response, field)


def test_largest_size_can_be_declared(client: httpx.Client, account: Account) -> None:
    body = {"filename": "a.zip", "content_type": "application/zip", "size_bytes": 200 * MIB}
    assert PRESIGN.send(client, account.key, json=body).status_code == 200
