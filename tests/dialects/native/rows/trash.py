"""The trash."""

from tests.contracts.dialect import Suite
from tests.dialects.native.endpoints import auth
from tests.dialects.native.rows.row import Request, Row, counted, new_asset


def _trashed(suite: Suite) -> str:
    """Move a new asset to the trash, and return its id."""
    id = new_asset(suite)
    assert suite.client.delete(f"/api/assets/{id}", headers=auth(suite.account.key)).status_code == 204
    counted(suite)
    return id


def _restore(suite: Suite) -> Request:
    return {"path": f"/api/assets/{_trashed(suite)}/restore"}


def _purge(suite: Suite) -> Request:
    return {"path": f"/api/trash/{_trashed(suite)}"}


def _empty(suite: Suite) -> Request:
    _trashed(suite)
    return {}


ROWS = {
    "list_trash": Row(_empty),
    "restore_asset": Row(_restore),
    "purge_asset": Row(_purge),
    "empty_trash": Row(_empty),
}
