"""The whole page."""

import base64
import hashlib
from html import escape
from pathlib import Path
from typing import Any

from mediatheque.dialects.native.reference.markup import prose, tag
from mediatheque.dialects.native.reference.operations import operation_section
from mediatheque.dialects.native.reference.types import section

_STYLE = Path(__file__).with_name("style.css").read_text("utf-8")
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
SECURITY_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""The page may use its own style and nothing else."""


def reference_page(document: dict[str, Any]) -> str:
    """Return the page of an OpenAPI document that `build_document` has made."""
    info = document["info"]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        + tag("title", f"{escape(info['title'])} API")
        + tag("style", _STYLE)
    )
    intro = tag("h1", f"{escape(info['title'])} API {tag('small', escape(info['version']))}")
    links = tag("p", tag("a", "OpenAPI 3.1 document", href="/api/openapi.json"))
    main = tag("main", intro + prose(info["description"]) + links + _operations(document) + _types(document))
    return "<!doctype html>" + tag("html", tag("head", head) + tag("body", _contents(document) + main), lang="en")


def _operations(document: dict[str, Any]) -> str:
    shared = document["components"]["responses"]
    return "".join(
        tag("h2", escape(group["name"].replace("_", " ").capitalize()), id=f"tag-{group['name']}")
        + prose(group.get("description", ""))
        + "".join(operation_section(*each, shared) for each in _of_tag(document, group["name"]))
        for group in document["tags"]
    )


def _types(document: dict[str, Any]) -> str:
    sections = (section(name, schema) for name, schema in sorted(document["components"]["schemas"].items()))
    return tag("h2", "Types", id="types") + "".join(sections)


def _contents(document: dict[str, Any]) -> str:
    groups = "".join(
        tag(
            "li",
            tag("a", escape(group["name"].replace("_", " ")), href=f"#tag-{group['name']}") + _links(document, group),
        )
        for group in document["tags"]
    )
    return tag("nav", tag("ul", groups + tag("li", tag("a", "types", href="#types"))), aria_label="Contents")


def _links(document: dict[str, Any], group: dict[str, str]) -> str:
    links = (
        tag(
            "li",
            tag(
                "a", escape(operation["summary"]), href=f"#{operation['operationId']}", title=f"{method.upper()} {path}"
            ),
        )
        for method, path, operation in _of_tag(document, group["name"])
    )
    return tag("ul", "".join(links))


def _of_tag(document: dict[str, Any], name: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return method, path and object of the operations with the tag."""
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation["tags"] == [name]
    ]
