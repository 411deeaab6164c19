"""HTML from values and from the little Markdown of docstrings: paragraphs, lists and code."""

import re
from collections.abc import Iterable
from html import escape

_CODE = re.compile(r"`([^`]+)`")


def tag(name: str, content: str = "", **attributes: str) -> str:
    """Return an element. `content` is HTML; attributes are text, `class_` is `class`."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items() if value
    )
    return f"<{name}{given}>{content}</{name}>"


def code(text: object) -> str:
    """Return text as code."""
    return tag("code", escape(str(text)))


def inline(text: str) -> str:
    """Return text in which backticks enclose code."""
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))


def prose(text: str) -> str:
    """Return paragraphs and lists, which are separated by empty lines."""
    return "".join(_block(block) for block in re.split(r"\n\s*\n", text.strip()) if block)


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table; cells are HTML. Nothing without rows."""
    lines = "".join(tag("tr", "".join(tag("td", cell) for cell in row)) for row in rows)
    head = tag("tr", "".join(tag("th", escape(heading), scope="col") for heading in headings))
    return tag("div", tag("table", tag("thead", head) + tag("tbody", lines)), class_="wide") if lines else ""


def _block(block: str) -> str:
    lines = block.split("\n")
    if all(line.startswith(("- ", "  ")) for line in lines):
        items = re.split(r"^- ", block, flags=re.MULTILINE)[1:]
        return tag("ul", "".join(tag("li", inline(item.strip())) for item in items))
    return tag("p", inline(block))
