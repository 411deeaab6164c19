"""Multipart uploads: the answer of each call; parts in any order, retried, replaced."""

import random
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import BEGIN, INITIATE_PARTS, auth, check_storage_error
from tests.dialects.fal.registration import host, register
from tests.dialects.fal.storage_api.multipart_uploads import (
    Begin,
    begin_as_python,
    begin_as_sdk,
    etag,
    more,
    put_all_parts,
)
from tests.dialects.idempotency import until
from tests.server import Serve

CSV = b"a,b\n" + b"1,2\n" * 2000


def test_python_client_starts_upload(client: httpx.Client, server: Serve, account: Account) -> None:
    headers = {"X-Fal-File-Name": "Grüße.mp4".encode(), "Content-Type": "video/mp4; codecs=avc1"}
    response = BEGIN.send(client, account.key, headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    begun = response.json()
    assert list(begun) == ["access_url", "uploadId"]
    assert begun["access_url"].startswith(f"{server.url}/files/b/")
    assert begun["access_url"].endswith("/Gr%C3%BC%C3%9Fe.mp4")
    assert len(begun["uploadId"]) == 32
    assert client.get(begun["access_url"]).status_code == 404


@pytest.mark.parametrize("storage_type", ["", "?storage_type=fal-cdn-v3"])
def test_javascript_client_starts_upload(
    client: httpx.Client, server: Serve, account: Account, storage_type: str
) -> None:
    declared = {"file_name": "a.mp4", "content_type": "video/mp4"}
    response = INITIATE_PARTS.send(client, account.key, path=INITIATE_PARTS.path + storage_type, json=declared)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    begun = response.json()
    assert list(begun) == ["upload_url", "file_url"]
    address = urlsplit(begun["upload_url"])
    assert f"{address.scheme}://{address.netloc}" == server.url
    assert list(parse_qs(address.query)) == ["token"]  # the client keeps the query and appends to the path
    assert begun["file_url"].endswith("/a.mp4")
    assert client.get(begun["file_url"]).status_code == 404


def test_sdk_starts_upload(client: httpx.Client, server: Serve, account: Account) -> None:
    """The SDK appends to the upload URL as it is, so its token is in the path. The log does not show the token."""
    upload = begin_as_sdk(client, account, "a.mp4", "video/mp4")
    assert upload.url.endswith("/a.mp4")
    assert urlsplit(upload.address).query == ""
    opened = client.post(f"{upload.address}/3", headers=auth(account.key))
    assert (opened.status_code, list(opened.json())) == (200, ["upload_url"])
    assert opened.json()["upload_url"].startswith(f"{server.url}/storage/upload/")
    token = parse_qs(urlsplit(opened.json()["upload_url"]).query)["token"][0]
    until(lambda: "/gcs/mtu_***/3" in server.log())
    assert token not in server.log()


def test_sdk_gets_no_url_for_a_part_that_cannot_be_sent(client: httpx.Client, account: Account) -> None:
    upload = begin_as_sdk(client, account)
    part = upload.keep(10_000, b"last")
    for number in (-1, 0, 10_001):
        refused = client.post(f"{upload.address}/{number}")
        assert (refused.status_code, "part_number" in refused.json()["detail"]) == (422, True)
    assert upload.complete([part]).status_code == 200
    assert client.post(f"{upload.address}/1").status_code == 422


def test_part_and_completion_return_etag_and_url(client: httpx.Client, account: Account, begin: Begin) -> None:
    """The Python client reads the ETag in the header, the JavaScript client in the body."""
    upload = begin(client, account, "a.png", "image/png")
    part = upload.put(7, samples.png())
    assert (part.status_code, part.headers["content-type"]) == (200, "application/json")
    assert part.headers["etag"] == etag(samples.png())
    assert part.json() == {"partNumber": 7, "etag": etag(samples.png())}
    done = upload.complete([part.json()])
    assert (done.status_code, done.headers["content-type"]) == (200, "application/json")
    assert done.json() == {"access_url": upload.url, "file_url": upload.url}
    served = client.get(upload.url)
    assert (served.content, served.headers["content-type"]) == (samples.png(), "image/png")


def test_upload_without_name_and_type_succeeds(client: httpx.Client, account: Account, begin: Begin) -> None:
    upload = begin(client, account)
    assert upload.url.endswith("/upload.bin")
    assert upload.complete(put_all_parts(upload, CSV, 3000)).status_code == 200
    served = client.get(upload.url)
    assert (served.content, served.headers["content-type"]) == (CSV, "application/octet-stream")
    assert served.headers["content-disposition"].startswith("attachment")


def test_multipart_video_can_be_registered(client: httpx.Client, account: Account, begin: Begin) -> None:
    upload = begin(client, account, "film.mp4", "video/mp4")
    assert upload.complete(put_all_parts(upload, samples.mp4(), 500)).status_code == 200
    assert client.get(upload.url).content == samples.mp4()
    part = client.get(upload.url, headers={"Range": "bytes=490-1009"})
    assert (part.status_code, part.content) == (206, samples.mp4()[490:1010])
    asset = register(client, account, upload.url, "video").json()["asset"]
    assert (asset["title"], asset["width"], asset["content_type"]) == ("film", 64, "video/mp4")


def test_concurrent_unordered_parts_are_joined(client: httpx.Client, account: Account, begin: Begin) -> None:
    upload = begin(client, account)
    pieces = [(number, number.to_bytes(2) * (100 + number)) for number in range(1, 31)]
    shuffled = random.Random(4).sample(pieces, len(pieces))
    with ThreadPoolExecutor(8) as threads:
        parts = list(threads.map(lambda piece: upload.keep(*piece), shuffled))
    assert upload.complete(parts).status_code == 200
    assert client.get(upload.url).content == b"".join(data for _, data in pieces)


def test_part_numbers_may_have_gaps(client: httpx.Client, account: Account, begin: Begin) -> None:
    upload = begin(client, account)
    parts = [upload.keep(number, b"%d " % number) for number in (10_000, 3, 77)]
    assert upload.complete(parts).status_code == 200
    assert client.get(upload.url).content == b"3 77 10000 "


def test_only_listed_parts_are_joined(client: httpx.Client, fresh: Account, stored: StoredData, begin: Begin) -> None:
    before = stored.count(fresh)
    upload = begin(client, fresh)
    parts = [upload.keep(number, b"part %d," % number) for number in (1, 2, 3)]
    assert upload.complete([parts[2], parts[0]]).status_code == 200
    assert client.get(upload.url).content == b"part 1,part 3,"
    stored.expect_counts(fresh, before + more("blob", "file", "upload", "kept upload", "stored"))


def test_same_part_can_be_sent_again(client: httpx.Client, account: Account, stored: StoredData, begin: Begin) -> None:
    """The same bytes have the same ETag."""
    upload = begin(client, account)
    first, rest = upload.keep(1, b"one"), upload.keep(2, b"two")
    before = stored.count(account)
    assert upload.keep(1, b"one") == first
    stored.expect_counts(account, before)
    assert upload.complete([rest, first]).status_code == 200
    assert client.get(upload.url).content == b"onetwo"


def test_later_part_replaces_earlier(client: httpx.Client, account: Account, begin: Begin) -> None:
    upload = begin(client, account)
    old, rest = upload.keep(1, b"one, as it was"), upload.keep(2, b" and two")
    new = upload.keep(1, b"one")
    refused = upload.complete([old, rest])
    assert refused.status_code == 422
    check_storage_error(refused)
    newer = upload.keep(1, b"one, longer than ever")
    assert new["etag"] != newer["etag"]
    assert upload.complete([newer, rest]).status_code == 200
    assert client.get(upload.url).content == b"one, longer than ever and two"


def test_known_content_is_deduplicated(client: httpx.Client, fresh: Account, stored: StoredData, begin: Begin) -> None:
    """The joined bytes are deleted, and the file refers to the known blob."""
    data = samples.png(seed=31)
    host(client, fresh, data, "image/png")
    before = stored.count(fresh)
    upload = begin(client, fresh, "b.png", "image/png")
    assert upload.complete(put_all_parts(upload, data, 2000)).status_code == 200
    assert client.get(upload.url).content == data
    stored.expect_counts(fresh, before + more("file", "upload", "kept upload"))


def test_concurrent_uploads_of_same_content_share_blob(
    client: httpx.Client, fresh: Account, stored: StoredData, begin: Begin
) -> None:
    data = samples.png(seed=32)
    before = stored.count(fresh)
    uploads = [begin(client, fresh, "a.png"), begin(client, fresh, "b.png")]
    lists = [put_all_parts(upload, data, 3000) for upload in uploads]
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda pair: pair[0].complete(pair[1]), zip(uploads, lists, strict=True)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [client.get(upload.url).content for upload in uploads] == [data, data]
    each = more("file", "upload", "kept upload")
    stored.expect_counts(fresh, before + each + each + more("blob", "stored"))


def test_other_key_of_workspace_can_continue(client: httpx.Client, account: Account, admin: Account) -> None:
    begun = begin_as_python(client, account)
    upload = type(begun)(client, {"Authorization": f"Key {admin.key}"}, begun.address, begun.url)
    assert upload.complete([upload.keep(1, b"one")]).status_code == 200
