"""The page of error codes, and the `doc_url` of errors."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from mediatheque.dialects.heygen_v3.errors import ERRORS
from mediatheque.dialects.native.errors import ERRORS as NATIVE
from tests.dialects.database.snapshot import Account
from tests.dialects.heygen_v3.endpoints import GET, REFUSALS, auth
from tests.server import Serve


def test_page_explains_each_code(client: httpx.Client) -> None:
    response = client.get("/docs/error-codes")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == "default-src 'none'"
    assert response.headers["x-content-type-options"] == "nosniff"
    places = dict(re.findall(r'<h2 id="([a-z-]+)">([a-z_]+)</h2>', response.text))
    codes = {str(code) for _, code in REFUSALS.values()}
    assert set(places.values()) >= codes == {str(answer.code) for answer in ERRORS.table.values()}
    assert all(place == code.replace("_", "-") for place, code in places.items())
    for kind, answer in ERRORS.table.items():
        assert kind.__doc__
        assert f"{answer.status}: {kind.__doc__.splitlines()[0]}" in unescape(response.text)


@pytest.mark.parametrize("path", ["/v3/assets/x", "/v3/nowhere", "/v3/assets?limit=x"])
def test_doc_url_points_at_its_section(client: httpx.Client, server: Serve, account: Account, path: str) -> None:
    error = client.get(path, headers=auth(account.key)).json()["error"]
    assert error["doc_url"] == f"{server.url}/docs/error-codes#{error['code'].replace('_', '-')}"
    page = client.get(error["doc_url"])
    assert f'id="{urlsplit(error["doc_url"]).fragment}"' in page.text


def test_doc_url_has_request_host(client: httpx.Client, account: Account) -> None:
    headers = {**auth(account.key), "Host": "media.example.com:8443"}
    error = GET.send(client, None, headers=headers).json()["error"]
    assert error["doc_url"] == "http://media.example.com:8443/docs/error-codes#asset-not-found"


def test_doc_url_is_null_for_invalid_host(client: httpx.Client, account: Account) -> None:
    error = GET.send(client, None, headers={**auth(account.key), "Host": "a b"}).json()["error"]
    assert (error["code"], error["doc_url"]) == ("invalid_parameter", None)


def test_doc_url_has_configured_public_url(tmp_path: Path) -> None:
    with Serve(tmp_path / "data", env={"MEDIATHEQUE_PUBLIC_URL": "https://example.com/media"}) as server:
        error = httpx.get(f"{server.url}/v3/assets", headers={"Host": "["}).json()["error"]
    assert error["doc_url"] == "https://example.com/media/docs/error-codes#authentication-failed"


def test_other_docs_path_is_not_found(client: httpx.Client) -> None:
    response = client.get("/docs/other")
    assert (response.status_code, response.headers["content-type"]) == (404, NATIVE.content_type)
