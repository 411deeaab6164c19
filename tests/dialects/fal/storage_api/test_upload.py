"""POST /files/upload: any type of file."""

from urllib.parse import quote

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.fal.endpoints import auth
from tests.server import Serve


def upload(client: httpx.Client, account: Account, data: bytes, declared: str = "", name: str = "") -> httpx.Response:
    headers = {"Content-Type": declared, "X-Fal-File-Name": name}
    given = {**auth(account.key), **{key: value for key, value in headers.items() if value}}
    return client.post("/files/upload", content=data, headers=given)


class TestUploads:
    """POST /files/upload."""

    @pytest.mark.parametrize("mime", samples.ACCEPTED)
    def test_upload_response_is_complete(
        self, client: httpx.Client, server: Serve, account: Account, mime: str
    ) -> None:
        data = samples.ACCEPTED[mime]()
        response = upload(client, account, data, mime, "some file")
        assert response.status_code == 200
        assert list(response.json()) == ["access_url"]
        url = response.json()["access_url"]
        assert url.startswith(f"{server.url}/files/b/")
        served = client.get(url)
        assert (served.content, served.headers["content-type"]) == (data, mime)

    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            ("a.png", "a.png"),
            ("Grüße 東京.png".encode(), "Grüße 東京.png"),
            ("Grüße.png".encode("latin-1"), "Grüße.png"),
            ("a%20b.png", "a%20b.png"),
            ('a"b.png', "a_b.png"),
            ("../../etc/passwd", "passwd.png"),
            ("%", "%.png"),
            ("", "file.png"),
        ],
    )
    def test_file_name_header_becomes_url_name(
        self, client: httpx.Client, account: Account, header: str | bytes, expected: str
    ) -> None:
        url = upload(client, account, samples.png(), "image/png", header).json()["access_url"]
        assert url.endswith("/" + quote(expected, safe=""))

    @pytest.mark.parametrize(
        ("data", "declared", "name"),
        [
            (samples.html(), "text/html", "index.html"),
            (samples.svg(), "application/octet-stream", "drawing"),
            (samples.elf(), "", ""),
            (samples.elf(), "text/plain", "notes.txt"),
        ],
        ids=["html", "svg", "elf", "elf told as text"],
    )
    def test_unknown_types_are_stored_as_attachment(
        self, client: httpx.Client, account: Account, data: bytes, declared: str, name: str
    ) -> None:
        response = upload(client, account, data, declared, name)
        assert response.status_code == 200, response.text
        served = client.get(response.json()["access_url"])
        assert served.content == data
        assert served.headers["content-type"] == "application/octet-stream"
        assert served.headers["content-disposition"].startswith("attachment")
        assert served.headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize(
        ("data", "declared", "name", "mime"),
        [
            (samples.text(), "text/plain", "notes.txt", "text/plain; charset=utf-8"),
            (b'{"a": 1}', "application/json", "workflow.json", "application/json"),
            (b"a,b\n1,2\n", "text/csv; charset=utf-8", "a.csv", "text/csv; charset=utf-8"),
            (b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n", "", "a.vtt", "text/vtt; charset=utf-8"),
            (b"1\n00:00:01,000 --> 00:00:02,000\nHi\n", "text/plain", "a.srt", "application/x-subrip"),
        ],
        ids=["text", "json", "csv", "vtt", "srt"],
    )
    def test_plain_text_keeps_its_type_as_attachment(
        self, client: httpx.Client, account: Account, data: bytes, declared: str, name: str, mime: str
    ) -> None:
        served = client.get(upload(client, account, data, declared, name).json()["access_url"])
        assert (served.content, served.headers["content-type"]) == (data, mime)
        assert served.headers["content-disposition"].startswith("attachment")
        assert served.headers["x-content-type-options"] == "nosniff"

    def test_each_upload_of_the_same_text_has_its_own_type(self, client: httpx.Client, account: Account) -> None:
        declared = ("application/octet-stream", "text/plain", "application/json", "text/csv", "text/html")
        types = {
            mime: client.get(upload(client, account, b"[1, 2]", mime, "a").json()["access_url"]).headers["content-type"]
            for mime in declared
        }
        assert types == {
            "application/octet-stream": "application/octet-stream",
            "text/plain": "text/plain; charset=utf-8",
            "application/json": "application/json",
            "text/csv": "text/csv; charset=utf-8",
            "text/html": "application/octet-stream",
        }

    def test_unknown_type_cannot_be_registered(self, client: httpx.Client, account: Account) -> None:
        url = upload(client, account, samples.text(), "text/plain", "notes.txt").json()["access_url"]
        registered = client.post("/v1/assets/uploads", json={"url": url, "type": "image"}, headers=auth(account.key))
        assert registered.status_code == 422
