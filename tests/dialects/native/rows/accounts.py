"""Keys and workspaces."""

from uuid import uuid4

from tests.contracts.dialect import Suite
from tests.dialects.native.rows.row import Make, Request, Row, post

_ID = "/api/workspaces/{id}"


def _name() -> str:
    return f"w-{uuid4().hex}"


def _key(template: str, **request: object) -> Make:
    """Return the maker of a request about a new key, whose id stands for `{id}` in the path."""

    def make(suite: Suite) -> Request:
        made = post(suite, "/api/keys", {"name": "robot", "scopes": ["read"]})
        return {"path": template.replace("{id}", made["id"]), **request}

    return make


def _workspace(template: str, **request: object) -> Make:
    """Return the maker of a request about a new workspace."""

    def make(suite: Suite) -> Request:
        made = post(suite, "/api/workspaces", {"name": _name()})
        return {"path": template.replace("{id}", made["id"]), **request}

    return make


def _renaming(suite: Suite) -> Request:
    return _workspace(_ID, json={"name": _name()})(suite)


_deleted: dict[str, str] = {}


def _deleted_workspace(suite: Suite) -> Request:
    """Return a request about a workspace of this server that is deleted already: the first time takes two seconds."""
    if suite.server.url not in _deleted:
        made = post(suite, "/api/workspaces", {"name": _name()})
        _deleted[suite.server.url] = made["id"]
    return {"path": f"/api/workspaces/{_deleted[suite.server.url]}"}


ROWS = {
    "create_key": Row(
        lambda _: {"json": {"name": "robot", "scopes": ["assets:read"]}},
        other={"json": {"name": "another", "scopes": ["assets:read"]}},
        shown_once="secret",
    ),
    "list_keys": Row(),
    "get_key": Row(_key("/api/keys/{id}")),
    "update_key": Row(_key("/api/keys/{id}", json={"name": "another"}), other={"json": {"name": "a third"}}),
    "rotate_key": Row(
        _key("/api/keys/{id}/rotate", json={"overlap_seconds": 60}),
        other={"json": {"overlap_seconds": 61}},
        shown_once="secret",
    ),
    "revoke_key": Row(_key("/api/keys/{id}")),
    "create_workspace": Row(
        lambda _: {"json": {"name": _name()}}, other={"json": {"name": "another"}}, shown_once="secret"
    ),
    "list_workspaces": Row(),
    "get_workspace": Row(_workspace(_ID)),
    "rename_workspace": Row(_renaming, other={"json": {"name": "x"}}),
    "suspend_workspace": Row(_workspace(f"{_ID}/suspend")),
    "resume_workspace": Row(_workspace(f"{_ID}/resume")),
    "delete_workspace": Row(_deleted_workspace),
    "get_usage": Row(),
    "list_usage_days": Row(lambda _: {"params": {"from": "2026-01-01", "to": "2026-12-31"}}),
    "get_workspace_usage": Row(_workspace(f"{_ID}/usage")),
    "list_workspace_usage_days": Row(_workspace(f"{_ID}/usage/days")),
    "put_quota": Row(
        _workspace(f"{_ID}/quota", json={"max_bytes": 10, "max_assets": None}),
        other={"json": {"max_bytes": None, "max_assets": 10}},
    ),
    "list_audit_entries": Row(lambda _: {"params": {"action": "asset"}}),
    "list_all_audit_entries": Row(lambda _: {"params": {"action": "asset"}}),
}
