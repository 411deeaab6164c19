"""Uploads."""

from tests import samples
from tests.contracts.dialect import Suite
from tests.dialects.native.rows.row import Request, Row

_PNG, _JPEG = samples.png(seed=41), samples.jpeg(seed=42)


def _form(data: bytes, name: str) -> Request:
    return {"files": [("title", (None, "Bear")), ("file", (name, data))]}


def _keyed(_: Suite) -> Request:
    return {"content": _PNG, "params": {"external_id": "bear.png"}}


ROWS = {
    "upload_files": Row(lambda _: _form(_PNG, "bear.png"), other=_form(_JPEG, "bear.jpg")),
    "upload_content": Row(lambda _: {"content": _PNG}, other={"content": _JPEG}),
    "upload_content_as": Row(_keyed, other={"content": _JPEG}),
}
