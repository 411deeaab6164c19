"""GET and HEAD /files/b/...: whole files and their headers."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.native.hosting import DATA, SIZE, get, host

EXPOSED = (
    "ETag, X-Request-Id, Retry-After, Content-Range, Accept-Ranges, Content-Disposition, Idempotent-Replayed, "
    "Location, RateLimit, RateLimit-Policy"
)


class TestWholeFiles:
    """The whole file and its headers."""

    def test_response_has_exactly_these_headers(self, client: httpx.Client, url: str) -> None:
        response = get(client, url)
        assert (response.status_code, response.content) == (200, DATA)
        headers = dict(response.headers)
        assert parsedate_to_datetime(headers.pop("last-modified"))
        for varying in ("x-request-id", "date", "server"):
            assert headers.pop(varying)
        assert headers == {
            "content-type": "image/jpeg",
            "content-length": str(SIZE),
            "content-disposition": 'inline; filename="photo.jpg"',
            "etag": f'"{hashlib.sha256(DATA).hexdigest()}"',
            "accept-ranges": "bytes",
            "cache-control": "public, max-age=31536000, immutable",
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "cross-origin-resource-policy": "cross-origin",
            "access-control-allow-origin": "*",
            "access-control-expose-headers": EXPOSED,
        }

    def test_head_has_headers_of_get(self, client: httpx.Client, url: str) -> None:
        varying = {"x-request-id", "date"}
        whole, head = get(client, url), client.head(url, headers={"Accept-Encoding": "identity"})
        assert (head.status_code, head.content) == (200, b"")
        assert {k: v for k, v in head.headers.items() if k not in varying} == {
            k: v for k, v in whole.headers.items() if k not in varying
        }

    def test_key_is_ignored_for_public_file(self, client: httpx.Client, url: str) -> None:
        assert get(client, url, Authorization="Bearer wrong").content == DATA

    def test_large_file_is_sent_whole(self, client: httpx.Client, account: Account) -> None:
        """Larger than the cache's limit, so the server sends it from its path."""
        data = samples.jpeg(size_about=9_000_000, seed=61)
        url = host(client, account, data)
        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(lambda _: get(client, url).content, range(4)))
        assert [hashlib.sha256(answer).digest() for answer in answers] == [hashlib.sha256(data).digest()] * 4
        assert get(client, url, Range="bytes=4000000-8499999").content == data[4_000_000:8_500_000]

    def test_same_content_has_same_etag(self, client: httpx.Client, account: Account, etag: str) -> None:
        assert client.head(host(client, account, DATA, name="other")).headers["etag"] == etag

    @pytest.mark.parametrize("name", ["", "x", "anything.exe", quote('a b;c"d'), "%FF", "x" * 2000])
    def test_file_name_in_url_is_ignored(self, client: httpx.Client, url: str, name: str) -> None:
        stem = url.rpartition("/")[0]
        response = get(client, f"{stem}/{name}")
        if name:
            assert response.content == DATA
            assert response.headers["content-disposition"] == 'inline; filename="photo.jpg"'
        else:
            assert response.status_code == 404

    def test_download_parameter_forces_attachment(self, client: httpx.Client, url: str) -> None:
        assert get(client, f"{url}?download").headers["content-disposition"] == 'attachment; filename="photo.jpg"'
        assert get(client, f"{url}?download=1&x").headers["content-disposition"].startswith("attachment")
        assert get(client, f"{url}?x=download").headers["content-disposition"].startswith("inline")


class TestNames:
    """Content-Disposition by RFC 6266."""

    @pytest.mark.parametrize(
        ("name", "fallback", "extended"),
        [
            ("plain.jpg", "plain.jpg", None),
            ("two words.jpg", "two words.jpg", None),
            ("Grüße.jpg", "Gr__e.jpg", "Gr%C3%BC%C3%9Fe.jpg"),
            ("東京 🎌.jpg", "__ _.jpg", "%E6%9D%B1%E4%BA%AC%20%F0%9F%8E%8C.jpg"),
            ("50%.jpg", "50_.jpg", "50%25.jpg"),
            ("a'b(c).jpg", "a'b(c).jpg", None),
        ],
    )
    def test_unicode_filename_is_encoded(
        self, client: httpx.Client, account: Account, name: str, fallback: str, extended: str | None
    ) -> None:
        said = client.head(host(client, account, DATA, name=name)).headers["content-disposition"]
        expected = f'inline; filename="{fallback}"'
        assert said == (expected if extended is None else f"{expected}; filename*=UTF-8''{extended}")

    # Control characters cannot stand in the header that names the file here; tests/acceptance sends them in a form.
    @pytest.mark.parametrize("name", ['a"; filename="b.exe', "\u202egpj.exe", "../../x"])
    def test_filename_cannot_break_out_of_quotes(self, client: httpx.Client, account: Account, name: str) -> None:
        response = get(client, host(client, account, DATA, name=name))
        said = response.headers["content-disposition"]
        assert re.fullmatch(
            r'inline; filename="[ -!#-\[\]-~]*\.jpg"(; filename\*=UTF-8\'\'[\w.%~!#$&+^`|-]*)?', said
        ), said
        assert "set-cookie" not in response.headers
