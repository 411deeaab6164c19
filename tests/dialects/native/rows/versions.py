"""Versions of assets."""

from typing import Any

from tests import samples
from tests.contracts.dialect import Suite
from tests.dialects.native.endpoints import auth, inline
from tests.dialects.native.rows.row import Row, at, counted, new_asset

_NEW, _OTHER = samples.jpeg(seed=61), samples.jpeg(seed=62)


def _replaced(suite: Suite) -> dict[str, Any]:
    """Replace the content of a new asset, and return a request about its older version."""
    path = f"/api/assets/{new_asset(suite)}"
    suite.client.put(f"{path}/content", content=_NEW, headers=auth(suite.account.key)).raise_for_status()
    counted(suite)
    return {"path": f"{path}/versions/1"}


def _restored(suite: Suite) -> dict[str, Any]:
    return {"path": f"{_replaced(suite)['path']}/restore"}


ROWS = {
    "put_content": Row(
        lambda suite: {**at("/api/assets/{id}/content")(suite), "content": _NEW},
        other={"content": _OTHER},
    ),
    "create_version": Row(
        lambda suite: {**at("/api/assets/{id}/versions")(suite), "json": {"source": inline(_NEW, "image/jpeg")}},
        other={"json": {"source": inline(_OTHER, "image/jpeg")}},
    ),
    "list_versions": Row(at("/api/assets/{id}/versions")),
    "restore_version": Row(_restored),
    "delete_version": Row(_replaced),
}
