"""Changes of assets, and assets by the client's own ids."""

from uuid import uuid4

from tests import samples
from tests.contracts.dialect import Suite
from tests.dialects.native.endpoints import inline
from tests.dialects.native.rows.row import Request, Row, new_asset, post


def _changed(suite: Suite) -> Request:
    return {"path": f"/api/assets/{new_asset(suite)}", "json": {"title": "Bear", "metadata": {"shot": "12"}}}


def _named(suite: Suite) -> Request:
    external_id = uuid4().hex
    post(suite, "/api/assets", {"source": inline(samples.png()), "external_id": external_id})
    return {"params": {"external_id": external_id}}


ROWS = {
    "update_asset": Row(_changed, other={"json": {"title": "Fox"}}),
    "get_asset_by_external_id": Row(_named),
}
