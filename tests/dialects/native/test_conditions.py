"""GET and HEAD /files/b/...: conditional requests (RFC 9110 section 13)."""

import httpx
import pytest

from tests.dialects.native.hosting import DATA, get


class TestConditions:
    """conditional requests (RFC 9110 section 13)."""

    @pytest.mark.parametrize("form", ["{}", "W/{}", "*", '"other", {}', '{}, "other"', '"a,b",{}'])
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_matching_etag_is_not_modified(
        self, client: httpx.Client, url: str, etag: str, form: str, method: str
    ) -> None:
        response = client.request(method, url, headers={"If-None-Match": form.format(etag)})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == etag
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "content-length" not in response.headers
        assert "content-type" not in response.headers

    @pytest.mark.parametrize("tag", ['"other"', 'W/"other"', "", "nonsense", '"' + "0" * 64 + '"'])
    def test_other_etag_gets_content(self, client: httpx.Client, url: str, tag: str) -> None:
        assert get(client, url, If_None_Match=tag).content == DATA

    def test_if_modified_since_is_honoured(self, client: httpx.Client, url: str, etag: str) -> None:
        modified = client.head(url).headers["last-modified"]
        assert get(client, url, If_Modified_Since=modified).status_code == 304
        assert get(client, url, If_Modified_Since="Mon, 01 Jan 2001 00:00:00 GMT").status_code == 200
        assert get(client, url, If_Modified_Since="yesterday").status_code == 200
        assert get(client, url, If_Modified_Since=modified, If_None_Match='"other"').status_code == 200
        assert get(client, url, If_Unmodified_Since="Mon, 01 Jan 2001 00:00:00 GMT").status_code == 412

    def test_if_match_is_honoured(self, client: httpx.Client, url: str, etag: str) -> None:
        assert get(client, url, If_Match=etag).status_code == 200
        assert get(client, url, If_Match="*").status_code == 200
        failed = get(client, url, If_Match='"other"')
        assert (failed.status_code, failed.content) == (412, b"")
        assert get(client, url, If_Match=f"W/{etag}").status_code == 412
