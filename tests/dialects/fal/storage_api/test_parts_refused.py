"""Refused parts: invalid numbers, too many bytes, missing permissions."""

from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import msgspec
import pytest

from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import INITIATE, auth, check_storage_error
from tests.dialects.fal.storage_api.multipart_uploads import (
    Begin,
    MultipartUpload,
    begin_as_javascript,
    begin_as_python,
    put_all_parts,
    url_below,
)
from tests.dialects.idempotency import until
from tests.server import Serve


def refused(upload: MultipartUpload, status: int) -> bytes:
    """Check that a part and the completion are refused with the same error."""
    answers = [upload.put(1, b"one"), upload.complete([{"partNumber": 1, "etag": "x"}])]
    for answer in answers:
        assert answer.status_code == status, answer.text
        check_storage_error(answer)
    assert answers[0].content == answers[1].content
    return answers[0].content


@pytest.mark.parametrize(
    ("number", "status"),
    [
        ("0", 422),
        ("10001", 422),
        ("-1", 422),
        ("9" * 40, 422),
        ("one", (404, 405)),
        ("1.5", (404, 405)),
        ("", (404, 405)),
        ("1/2", (404, 405)),
    ],
)
def test_invalid_part_number_is_refused(
    client: httpx.Client, account: Account, stored: StoredData, begin: Begin, number: str, status: int | tuple[int, ...]
) -> None:
    upload = begin(client, account)
    before = stored.count(account)
    response = upload.put(number, b"one")
    assert response.status_code in (status if isinstance(status, tuple) else (status,)), response.text
    assert isinstance(response.json()["detail"], str)
    stored.expect_counts(account, before)


def test_interrupted_part_is_discarded(client: httpx.Client, server: Serve, account: Account, begin: Begin) -> None:
    """The part number can be used again."""
    upload = begin(client, account)

    def half():  # type: ignore[no-untyped-def]
        yield b"one, and"
        raise InterruptedError

    with pytest.raises(InterruptedError):
        client.put(url_below(upload.address, "1"), content=half(), headers=upload.headers)
    assert upload.complete([upload.keep(1, b"one")]).status_code == 200
    assert client.get(upload.url).content == b"one"


@pytest.mark.parametrize("method", [begin_as_python, begin_as_javascript])
def test_parts_beyond_file_limit_are_refused(
    strict_client: httpx.Client, limited: Account, strict_stored: StoredData, method: Begin
) -> None:
    """The limit of 100,000 bytes is for all parts together, without replaced ones."""
    upload = method(strict_client, limited)
    first = upload.keep(1, b"1" * 60_000)
    before = strict_stored.count(limited)
    over = upload.put(2, b"2" * 40_001)
    assert over.status_code == 413, over.text
    check_storage_error(over)
    strict_stored.expect_counts(limited, before)
    assert upload.put(1, b"3" * 100_000).status_code == 200
    assert upload.complete([first]).status_code == 422


@pytest.mark.parametrize("method", [begin_as_python, begin_as_javascript])
def test_oversized_part_is_refused(
    strict_client: httpx.Client, limited: Account, strict_stored: StoredData, method: Begin
) -> None:
    upload = method(strict_client, limited)
    before = strict_stored.count(limited)
    for number in (1, 2):
        over = upload.put(number, b"1" * 100_001)
        assert over.status_code == 413
        check_storage_error(over)
    strict_stored.expect_counts(limited, before)
    assert upload.complete([upload.keep(1, b"1" * 100_000)]).status_code == 200


def test_each_part_counts_against_rate_limit(
    strict_client: httpx.Client, limited: Account, strict_stored: StoredData
) -> None:
    """Requests with the token count, too; the limit is five a day."""
    upload = begin_as_javascript(strict_client, limited)
    assert [upload.put(number, b"x").status_code for number in range(1, 7)] == [200] * 4 + [429] * 2


def test_foreign_upload_is_not_found(
    client: httpx.Client, account: Account, fresh: Account, stored: StoredData, server: Serve
) -> None:
    """The error is that of an unknown upload."""
    upload = begin_as_python(client, account)
    part = upload.keep(1, b"one")
    before = stored.count(account)
    theirs = msgspec.structs.replace(upload, headers=auth(fresh.key))
    unknown = msgspec.structs.replace(upload, address=upload.address.replace(upload.id, uuid4().hex))
    assert refused(theirs, 404) == refused(unknown, 404)
    stored.expect_counts(account, before)
    assert upload.complete([part]).status_code == 200
    assert refused(theirs, 404) == refused(unknown, 404)


def test_upload_below_other_file_is_not_found(client: httpx.Client, account: Account) -> None:
    upload, other = begin_as_python(client, account), begin_as_python(client, account)
    refused(msgspec.structs.replace(upload, address=f"{other.url}/multipart/{upload.id}"), 404)


def test_file_name_in_url_is_ignored(client: httpx.Client, account: Account) -> None:
    """The id decides."""
    upload = begin_as_python(client, account, "a.bin")
    renamed = msgspec.structs.replace(upload, address=upload.address.replace("a.bin", "b.bin"))
    assert renamed.complete([upload.keep(1, b"one")]).json()["access_url"] == upload.url


def test_foreign_token_is_not_found(client: httpx.Client, account: Account, stored: StoredData) -> None:
    upload, other = begin_as_javascript(client, account), begin_as_javascript(client, account)
    whole = INITIATE.send(client, account.key, json={}).json()["upload_url"]
    before = stored.count(account)
    path, _, query = upload.address.partition("?")
    said = {
        refused(msgspec.structs.replace(upload, address=address), 404)
        for address in (
            path,
            f"{path}?token=",
            f"{path}?token=%00",
            f"{path}?{query}x",
            f"{path}?{urlsplit(other.address).query}",
            f"{path}?{urlsplit(whole).query}",
            upload.address.replace(upload.id, uuid4().hex),
            whole,
        )
    }
    assert len(said) == 1
    assert client.put(upload.address, content=b"whole").status_code == 404
    stored.expect_counts(account, before)


@pytest.mark.parametrize("header", [{"Authorization": "Key wrong"}, {"Authorization": "Bearer x"}], ids=str)
def test_key_is_ignored_when_token_is_given(client: httpx.Client, account: Account, header: dict[str, str]) -> None:
    upload = msgspec.structs.replace(begin_as_javascript(client, account), headers=header)
    assert upload.complete([upload.keep(1, b"one")]).status_code == 200


def test_key_does_not_replace_token(client: httpx.Client, account: Account) -> None:
    upload = begin_as_javascript(client, account)
    bare = upload.address.partition("?")[0]
    refused(msgspec.structs.replace(upload, address=bare, headers=auth(account.key)), 404)


def test_revoked_key_is_refused(client: httpx.Client, server: Serve, stored: StoredData) -> None:
    leaving = stored.account(server.new_key())
    uploads = begin_as_python(client, leaving), begin_as_javascript(client, leaving)
    parts = [upload.keep(1, b"one") for upload in uploads]
    stored.revoke(leaving)
    until(lambda: uploads[0].put(2, b"two").status_code == 401)
    refused(uploads[0], 401)
    refused(uploads[1], 404)
    assert uploads[1].complete([parts[1]]).status_code == 404


def test_expired_upload_is_not_found(client: httpx.Client, account: Account, stored: StoredData, begin: Begin) -> None:
    upload = begin(client, account)
    parts = put_all_parts(upload, b"one two", 4)
    stored.database.execute("UPDATE upload SET expires_at = now() - interval '1 second' WHERE id = %s", [upload.id])
    before = stored.count(account)
    refused(upload, 404)
    assert upload.complete(parts).status_code == 404
    stored.expect_counts(account, before)


def test_upload_lasts_a_day(client: httpx.Client, account: Account, stored: StoredData, begin: Begin) -> None:
    upload = begin(client, account)
    query = "SELECT expires_at - created_at > interval '23 hours' FROM upload WHERE id = %s"
    assert stored.database.execute(query, [upload.id]).fetchone() == (True,)
