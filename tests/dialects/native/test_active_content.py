"""Active content is never executed on this origin."""

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.fal import endpoints as fal
from tests.dialects.native.hosting import get, host


class TestActiveContent:
    """Active content is never executed on this origin."""

    @pytest.mark.parametrize(
        ("data", "declared", "name"),
        [
            (samples.html(), "text/html", "index.html"),
            (samples.html(), "application/xhtml+xml", "index.xhtml"),
            (samples.html(), "", "noname"),
            (samples.svg(), "application/xml", "drawing.xml"),
            (b"alert(1)", "text/javascript", "evil.js"),
            (b"body{}", "text/css", "evil.css"),
            (b"<?php ?>", "", "evil.php"),
        ],
        ids=["html", "xhtml", "nameless", "svg", "js", "css", "php"],
    )
    def test_active_content_is_served_as_attachment(
        self, client: httpx.Client, account: Account, data: bytes, declared: str, name: str
    ) -> None:
        url = host(client, account, data, declared, name)
        for asked in (url, url + "?download", url.rpartition("/")[0] + "/index.html"):
            response = get(client, asked, Accept="text/html", Sec_Fetch_Dest="document")
            assert response.content == data
            assert response.headers["content-type"] == "application/octet-stream"
            assert response.headers["content-disposition"].startswith("attachment; ")
            assert response.headers["x-content-type-options"] == "nosniff"
            assert response.headers["content-security-policy"].endswith("; sandbox")

    def test_svg_declared_as_image_is_refused(self, client: httpx.Client, account: Account) -> None:
        headers = {**fal.auth(account.key), "Content-Type": "image/svg+xml"}
        assert client.post("/files/upload", content=samples.svg(), headers=headers).status_code == 415

    def test_pdf_is_served_as_attachment(self, client: httpx.Client, account: Account) -> None:
        response = get(client, host(client, account, samples.pdf()))
        assert response.headers["content-type"] == "application/pdf"
        assert response.headers["content-disposition"].startswith("attachment; ")

    def test_video_is_served_inline_with_strict_policy(self, client: httpx.Client, account: Account) -> None:
        response = get(client, host(client, account, samples.mp4()))
        assert response.headers["content-disposition"].startswith("inline; ")
        policy = response.headers["content-security-policy"]
        assert policy == "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"

    def test_range_of_active_content_has_same_headers(self, client: httpx.Client, account: Account) -> None:
        url = host(client, account, samples.html(), "text/html", "index.html")
        part = get(client, url, Range="bytes=0-20")
        assert part.status_code == 206
        assert part.headers["content-type"] == "application/octet-stream"
        assert part.headers["content-disposition"].startswith("attachment; ")
        assert part.headers["x-content-type-options"] == "nosniff"
