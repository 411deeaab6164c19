"""Configured limits in every dialect: requests per key, bytes per file, body time-out."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests import samples
from tests.contracts.dialect import Endpoint
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal import endpoints as fal
from tests.dialects.heygen_v1 import endpoints as heygen_v1
from tests.dialects.heygen_v3 import endpoints as heygen_v3
from tests.dialects.idempotency import until
from tests.dialects.krea import endpoints as krea
from tests.dialects.sizes import wav_of
from tests.dialects.wire import sockets
from tests.dialects.wire.form import CONTENT_TYPE, file_part, form
from tests.server import Serve

KEYED = {
    endpoint.name: endpoint
    for endpoint in (
        krea.UPLOAD,
        krea.LIST,
        krea.GET,
        krea.DELETE,
        fal.REGISTER,
        fal.TOKEN,
        fal.INITIATE,
        fal.UPLOAD,
        heygen_v1.UPLOAD,
        heygen_v1.LIST,
        heygen_v1.CREATE,
        heygen_v1.PHOTOS,
        heygen_v3.UPLOAD,
        heygen_v3.LIST,
        heygen_v3.DELETE,
        heygen_v3.SEARCH,
    )
}
UPLOADS = {endpoint.name: endpoint for endpoint in (krea.UPLOAD, fal.UPLOAD, heygen_v1.UPLOAD, heygen_v3.UPLOAD)}
LIMIT = 100_000


def refused(endpoint: Endpoint, response: httpx.Response, meaning: str) -> None:
    status, code = endpoint.refusals[meaning]
    assert response.status_code == status, response.text
    endpoint.check_error(response, code)
    if endpoint.spec:
        endpoint.spec.check(response)


@pytest.mark.parametrize("name", KEYED)
def test_rate_limit_refuses_each_operation(
    strict: Serve, strict_client: httpx.Client, limited: Account, strict_stored: StoredData, name: str
) -> None:
    """Refused requests count, too; each key has its own limit."""
    endpoint = KEYED[name]
    assert 429 not in [endpoint.send(strict_client, limited.key).status_code for _ in range(5)]
    before = strict_stored.count(limited)
    body: dict[str, Any] = {"content": form(file_part(samples.png())), "headers": {"Content-Type": CONTENT_TYPE}}
    response = endpoint.send(strict_client, limited.key, **body)
    refused(endpoint, response, "RateLimited")
    assert 1 <= int(response.headers["retry-after"]) <= 24 * 3600
    strict_stored.expect_counts(limited, before)
    assert endpoint.send(strict_client, strict.new_key()).status_code != 429


def test_rate_limit_is_shared_by_all_dialects(strict_client: httpx.Client, limited: Account) -> None:
    seen = [endpoint.send(strict_client, limited.key).status_code for endpoint in [*UPLOADS.values(), fal.TOKEN]]
    assert 429 not in seen
    assert {endpoint.send(strict_client, limited.key).status_code for endpoint in KEYED.values()} == {429}


def test_wrong_secret_does_not_count(strict_client: httpx.Client, limited: Account) -> None:
    wrong = limited.key[:-4] + "AAAA"
    assert {krea.UPLOAD.send(strict_client, wrong).status_code for _ in range(10)} == {401}
    assert krea.UPLOAD.send(strict_client, limited.key).status_code == 400


def test_fal_upload_limit_is_exact(strict_client: httpx.Client, limited: Account, strict_stored: StoredData) -> None:
    assert fal.UPLOAD.upload(strict_client, limited.key, wav_of(LIMIT)).status_code == 200
    before = strict_stored.count(limited)
    refused(fal.UPLOAD, fal.UPLOAD.upload(strict_client, limited.key, wav_of(LIMIT + 1)), "TooLarge")
    strict_stored.expect_counts(limited, before)


def test_chunked_upload_limit_is_exact(
    strict: Serve, strict_client: httpx.Client, limited: Account, strict_stored: StoredData
) -> None:
    headers = {**fal.auth(limited.key), "Content-Type": "audio/wav"}
    head = sockets.head("POST", "/files/upload", headers, None)
    before = strict_stored.count(limited)
    for size in (LIMIT + 1, 20 * LIMIT):
        answer = sockets.exchange(strict.port, head, sockets.chunk(wav_of(size)), sockets.LAST_CHUNK)
        assert answer
        refused(fal.UPLOAD, answer, "TooLarge")
    strict_stored.expect_counts(limited, before)
    exact = sockets.exchange(strict.port, head, sockets.chunk(wav_of(LIMIT)), sockets.LAST_CHUNK)
    assert exact
    assert exact.status_code == 200


def test_initiated_upload_has_same_limit(strict_client: httpx.Client, limited: Account) -> None:
    promise = fal.INITIATE.send(strict_client, limited.key, json={}).json()
    refused(fal.UPLOAD, strict_client.put(promise["upload_url"], content=wav_of(LIMIT + 1)), "TooLarge")
    assert strict_client.put(promise["upload_url"], content=wav_of(LIMIT)).status_code == 200


def test_stalled_body_times_out(strict: Serve, limited: Account, strict_stored: StoredData) -> None:
    """All uploads at once; each waits two seconds."""
    before = strict_stored.count(limited)

    def stall(endpoint: Endpoint) -> sockets.Answer | None:
        body, kind = (form(file_part(samples.png())), CONTENT_TYPE) if endpoint.framed else (samples.png(), "image/png")
        headers = {**endpoint.auth(limited.key), "Content-Type": kind}
        return sockets.exchange(strict.port, sockets.head("POST", endpoint.path, headers, len(body)), body[:-50])

    with ThreadPoolExecutor(len(UPLOADS)) as threads:
        answers = list(threads.map(stall, UPLOADS.values()))
    for endpoint, answer in zip(UPLOADS.values(), answers, strict=True):
        assert answer, endpoint.name
        refused(endpoint, answer, "BodyTooSlow")
        assert answer.headers["connection"] == "close"
    strict_stored.expect_counts(limited, before)


def test_revoked_key_is_refused_by_all_dialects(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    """Even by a process that has just accepted the key."""

    def upload(endpoint: Endpoint) -> int:
        return int(endpoint.upload(client, fresh.key, samples.png(), declared="image/png").status_code)

    assert {upload(endpoint) for endpoint in UPLOADS.values()} == {200}
    stored.revoke(fresh)
    until(lambda: upload(krea.UPLOAD) == 401, within=10)
    assert {upload(endpoint) for endpoint in UPLOADS.values()} == {401}
