"""POST /v1/assets/uploads: which URLs refer to a stored file."""

from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx
import pytest

from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import REGISTER, auth
from tests.dialects.fal.registration import register
from tests.server import Serve


def test_file_is_identified_by_id_only(client: httpx.Client, account: Account, url: str) -> None:
    first = register(client, account, url).json()
    stem, _, _ = url.rpartition("/")
    for other in (f"{stem}/{quote('anders.png')}", f"{url}?x=1", f"{url}#top", f"{url}/deeper", f"{stem}/"):
        assert register(client, account, other).json() == first


def test_localhost_equals_127_0_0_1(client: httpx.Client, account: Account, url: str) -> None:
    assert register(client, account, url.replace("127.0.0.1", "localhost")).status_code == 201


def test_foreign_and_unknown_urls_look_alike(
    client: httpx.Client, server: Serve, account: Account, fresh: Account, stored: StoredData, url: str
) -> None:
    before = stored.count(fresh)
    register(client, account, url)
    said = []
    for asked in (url, f"{server.url}/files/b/{uuid4().hex}/a.png"):
        response = register(client, fresh, asked)
        assert response.status_code == 404
        REGISTER.check_error(response, "not_found")
        said.append(response.json()["error"]["message"])
    assert said[0] == said[1]
    stored.expect_counts(fresh, before)


@pytest.mark.parametrize(
    "path", ["", "/", "/files", "/files/b/", "/files/b/x/y", "/assets", "/healthz", "/../files/b/"]
)
def test_own_url_without_file_is_not_found(client: httpx.Client, server: Serve, account: Account, path: str) -> None:
    response = register(client, account, server.url + path)
    assert response.status_code == 404
    REGISTER.check_error(response, "not_found")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "http://127.0.0.1:1/a.png",
        "http://127.0.0.1/files/b/0/a.png",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/a.png",
        "http://[::1",
        "http://[not-an-address]/a.png",
        "http://a\u2100b/a.png",
        "http://user:secret@127.0.0.1/a.png",
        "http://2130706433/",
        "https://v3.fal.media.example.com/files/b/0/a.png",
        "file:///etc/passwd",
        "ftp://127.0.0.1/a.png",
        "gopher://127.0.0.1/_x",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "//127.0.0.1/a.png",
        "/files/b/0/a.png",
        "a.png",
        "http://",
        "http:",
        "://",
        " ",
        "\t\n",
        "http://127.0.0.1:99999/a.png",
        "http://127.0.0.1:port/a.png",
        "http://127.0.0.1:-1/a.png",
        "http://\u212a.example/",
        "http://exa mple.com/",
        "http://" + "a" * 1990,
        "http://" + "a." * 900,
        "http://%00/",
        "http://xn--/",
        "http://\ud7ff.com/",
    ],
    ids=lambda url: repr(url[:32]),
)
def test_url_of_other_host_is_refused(client: httpx.Client, account: Account, stored: StoredData, url: str) -> None:
    before = stored.count(account)
    response = register(client, account, url)
    assert response.status_code == 422, response.text
    REGISTER.check_error(response, "validation_error")
    assert REGISTER.spec
    REGISTER.spec.check(response)
    stored.expect_counts(account, before)


def test_url_of_pending_upload_is_not_found(client: httpx.Client, account: Account) -> None:
    promise = client.post("/storage/upload/initiate", json={}, headers=auth(account.key)).json()
    assert register(client, account, promise["file_url"]).status_code == 404


def test_url_in_answer_has_request_host(client: httpx.Client, account: Account, url: str) -> None:
    netloc = urlsplit(url).netloc
    headers = {**auth(account.key), "Host": netloc.replace("127.0.0.1", "localhost")}
    answer = client.post("/v1/assets/uploads", json={"url": url, "type": "image"}, headers=headers)
    assert answer.json()["asset"]["url"] == url.replace("127.0.0.1", "localhost")
