"""Links between the pages that people read first, and the site's list of pages."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MAX_README_LINES = 150
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / ".github").rglob("*.md"), *DOCS.rglob("*.md")])
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\)|<img[^>]+src=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def _title(page: Path) -> str:
    return str(page.relative_to(ROOT))


@cache
def _prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text())


def _links(page: Path) -> Iterator[str]:
    for match in _LINK.finditer(_CODE.sub("", _prose(page))):
        yield unquote(match[1] or match[2])


@cache
def _anchors(page: Path) -> frozenset[str]:
    """The ids that Python-Markdown gives to the headings of a page."""
    anchors: set[str] = set()
    for heading in _HEADING.findall(_prose(page)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
        slug = re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text).strip().lower())
        number, anchor = 0, slug
        while anchor in anchors:
            number += 1
            anchor = f"{slug}_{number}"
        anchors.add(anchor)
    return frozenset(anchors)


def _broken(page: Path) -> Iterator[str]:
    for link in _links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        outside = page.is_relative_to(DOCS) and not target.is_relative_to(DOCS)
        if not target.exists() or outside or (anchor and anchor not in _anchors(target)):
            yield link


def _nav_pages(entries: list[dict[str, object]]) -> Iterator[str]:
    for entry in entries:
        for value in entry.values():
            if isinstance(value, list):
                yield from _nav_pages(value)
            else:
                yield str(value)


@pytest.mark.parametrize("page", PAGES, ids=_title)
def test_links_resolve(page: Path) -> None:
    """A page of the site links to pages of the site only, since nothing else is built."""
    assert list(_broken(page)) == []


def test_nav_lists_every_page_once() -> None:
    nav = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]
    assert sorted(_nav_pages(nav)) == [str(page.relative_to(DOCS)) for page in sorted(DOCS.rglob("*.md"))]


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < MAX_README_LINES


def test_site_asks_no_foreign_host_for_fonts() -> None:
    assert tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["theme"]["font"] is False


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("[a](b.md)", ["b.md"]),
        ("[a](page.md)", []),
        ("[a](page.md#second-part)", []),
        ("[a](#second-part)", []),
        ("[a](#third-part)", ["#third-part"]),
        ("`[a](b.md)`", []),
        ("```\n[a](b.md)\n```", []),
        ("[a](https://example.com/b.md)", []),
        ('<img src="picture.svg">', ["picture.svg"]),
    ],
)
def test_broken_links_are_found(tmp_path: Path, text: str, broken: list[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n## Second part\n\n{text}\n")
    assert list(_broken(page)) == broken
