"""/docs/api: one HTML page without scripts, foreign hosts and dead links."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import httpx
import pytest

from tests.dialects.native.openapi.test_document import OPERATIONS
from tests.server import Serve

_VOID = {"meta", "br"}


class Page(HTMLParser):
    """Names of elements, ids and links; checks that elements are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        given = dict(attrs)
        assert not {name for name in given if name.startswith("on") or name in ("style", "src")}
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []
        self._open += [] if tag in _VOID else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


@pytest.fixture(scope="module")
def response(server: Serve) -> httpx.Response:
    return httpx.get(f"{server.url}/docs/api")


def test_page_describes_every_operation(response: httpx.Response) -> None:
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    page = Page(response.text)
    assert {operation.id for operation in OPERATIONS} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_links_lead_to_the_page_itself(response: httpx.Response) -> None:
    page = Page(response.text)
    assert set(page.links) - {f"#{id}" for id in page.ids} == {"/api/openapi.json"}


def test_page_runs_nothing_and_loads_nothing(response: httpx.Response) -> None:
    assert not Page(response.text).names & {"script", "img", "link", "iframe", "form", "object", "base"}
    (style,) = re.findall("<style>(.*?)</style>", response.text, re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = response.headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert response.headers["x-content-type-options"] == "nosniff"
