"""Completion of multipart uploads: the part list, repeated calls."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import check_storage_error
from tests.dialects.fal.registration import register
from tests.dialects.fal.storage_api.multipart_uploads import (
    Begin,
    MultipartUpload,
    etag,
    more,
    put_all_parts,
    url_below,
)
from tests.server import Serve

ONE, TWO = etag(b"one "), etag(b"two")


@pytest.fixture
def upload(client: httpx.Client, account: Account, begin: Begin) -> MultipartUpload:
    """An upload with two parts."""
    upload = begin(client, account)
    upload.keep(2, b"two")
    upload.keep(1, b"one ")
    return upload


@pytest.mark.parametrize(
    "parts",
    [
        [{"partNumber": 2, "etag": TWO}, {"partNumber": 1, "etag": ONE}],
        [{"part_number": 1, "etag": ONE}, {"part_number": 2, "etag": TWO}],
        [{"part_number": 2, "etag": TWO.strip('"')}, {"etag": ONE, "partNumber": 1, "size": 4}],
        [{"part_number": None, "partNumber": 1, "etag": ONE}, {"part_number": 2, "partNumber": None, "etag": TWO}],
    ],
    ids=["unsorted", "snake", "bare tags and more keys", "nulls"],
)
def test_part_lists_of_both_clients_are_accepted(
    client: httpx.Client, upload: MultipartUpload, parts: list[dict[str, Any]]
) -> None:
    assert upload.complete(parts).status_code == 200
    assert client.get(upload.url).content == b"one two"


@pytest.mark.parametrize(
    "body",
    [
        {"parts": []},
        {"parts": None},
        {"parts": {"partNumber": 1, "etag": ONE}},
        {},
        {"parts": [None]},
        {"parts": [{"etag": ONE}]},
        {"parts": [{"partNumber": 1}]},
        {"parts": [{"partNumber": 1, "etag": None}]},
        {"parts": [{"partNumber": 1, "etag": 1}]},
        {"parts": [{"partNumber": 1, "etag": ""}]},
        {"parts": [{"partNumber": 1, "etag": TWO}]},
        {"parts": [{"partNumber": 1, "etag": ONE[:-2]}]},
        {"parts": [{"partNumber": 1, "etag": "x" * 1000}]},
        {"parts": [{"partNumber": 3, "etag": ONE}]},
        {"parts": [{"partNumber": 1, "etag": ONE}, {"partNumber": 3, "etag": ONE}]},
        {"parts": [{"partNumber": 1, "etag": ONE}, {"partNumber": 1, "etag": ONE}]},
        {"parts": [{"partNumber": 1, "etag": ONE}, {"part_number": 1, "etag": ONE}]},
        {"parts": [{"partNumber": 0, "etag": ONE}]},
        {"parts": [{"partNumber": -1, "etag": ONE}]},
        {"parts": [{"partNumber": 10_001, "etag": ONE}]},
        {"parts": [{"partNumber": "1", "etag": ONE}]},
        {"parts": [{"partNumber": 1.5, "etag": ONE}]},
        {"parts": [{"partNumber": 2**70, "etag": ONE}]},
        {"parts": [{"partNumber": number, "etag": ONE} for number in range(1, 10_002)]},
    ],
    ids=lambda body: str(body).replace(ONE, "1").replace(TWO, "2")[:48],
)
def test_invalid_part_list_is_refused(
    client: httpx.Client, account: Account, stored: StoredData, upload: MultipartUpload, body: dict[str, Any]
) -> None:
    """The upload stays open for another list."""
    before = stored.count(account)
    response = client.post(url_below(upload.address, "complete"), json=body, headers=upload.headers)
    assert response.status_code == 422, response.text
    check_storage_error(response)
    assert client.get(upload.url).status_code == 404
    stored.expect_counts(account, before)
    assert upload.complete([{"partNumber": 1, "etag": ONE}, {"partNumber": 2, "etag": TWO}]).status_code == 200


def test_completion_without_parts_is_refused(client: httpx.Client, account: Account, begin: Begin) -> None:
    response = begin(client, account).complete([{"partNumber": 1, "etag": ONE}])
    assert response.status_code == 422
    check_storage_error(response)


def test_completion_can_be_repeated(
    client: httpx.Client, account: Account, stored: StoredData, upload: MultipartUpload
) -> None:
    """A client that lost the response may repeat the call with any list."""
    parts = [{"partNumber": 1, "etag": ONE}, {"partNumber": 2, "etag": TWO}]
    first = upload.complete(parts)
    before = stored.count(account)
    for listed in (parts, parts[:1]):
        again = upload.complete(listed)
        assert (again.status_code, again.content) == (200, first.content)
    assert client.get(upload.url).content == b"one two"
    stored.expect_counts(account, before)


@pytest.mark.parametrize(("number", "data"), [(1, b"one "), (1, b"other"), (3, b"three")])
def test_part_after_completion_is_refused(
    client: httpx.Client, account: Account, stored: StoredData, upload: MultipartUpload, number: int, data: bytes
) -> None:
    upload.complete([{"partNumber": 1, "etag": ONE}])
    before = stored.count(account)
    response = upload.put(number, data)
    assert response.status_code == 422
    check_storage_error(response)
    assert client.get(upload.url).content == b"one "
    stored.expect_counts(account, before)


def test_concurrent_completions_make_one_file(
    client: httpx.Client, server: Serve, account: Account, stored: StoredData, begin: Begin
) -> None:
    """No pending write remains that would later delete the bytes."""
    data = os.urandom(3_000_000)
    before = stored.count(account)
    upload = begin(client, account)
    parts = put_all_parts(upload, data, 500_000)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: upload.complete_at_last(parts), range(8)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert client.get(upload.url).content == data
    stored.expect_counts(account, before + more("blob", "file", "upload", "kept upload", "stored"))
    query = "SELECT count(*) FROM pending_write JOIN blob USING (storage_key) WHERE workspace_id = %s"
    assert stored.database.execute(query, [account.workspace_id]).fetchone() == (0,)


@pytest.mark.parametrize(
    ("data", "name", "declared", "status"),
    [
        (samples.text(), "a.png", "", 415),
        (samples.html(), "", "video/mp4", 415),
        (samples.truncated_mp4(), "a.mp4", "video/mp4", 422),
        (samples.png_zip_polyglot(), "a.bin", "", 422),
    ],
    ids=["text", "html", "half a film", "polyglot"],
)
def test_refused_content_stays_refused(
    client: httpx.Client,
    account: Account,
    stored: StoredData,
    begin: Begin,
    data: bytes,
    name: str,
    declared: str,
    status: int,
) -> None:
    """Invalid media leaves no blob and no parts, only the row of the upload."""
    before = stored.count(account)
    upload = begin(client, account, name, declared)
    parts = put_all_parts(upload, data, 400)
    first = upload.complete(parts)
    assert first.status_code == status, first.text
    check_storage_error(first)
    stored.expect_counts(account, before + more("upload"))
    again, part = upload.complete(parts), upload.put(1, samples.png())
    assert (again.status_code, part.status_code) == (422, 422)
    assert again.json() == first.json()
    check_storage_error(part)
    assert client.get(upload.url).status_code == 404
    assert register(client, account, upload.url).status_code == 404
    stored.expect_counts(account, before + more("upload"))


def test_concurrent_completions_are_all_refused(
    client: httpx.Client, account: Account, stored: StoredData, begin: Begin
) -> None:
    before = stored.count(account)
    upload = begin(client, account, "a.png", "image/png")
    parts = put_all_parts(upload, samples.text(), 50)
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: upload.complete_at_last(parts), range(6)))
    assert {answer.status_code for answer in answers} <= {415, 422}
    assert len({answer.content for answer in answers}) == 1
    stored.expect_counts(account, before + more("upload"))
