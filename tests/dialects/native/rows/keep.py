"""Keeps, hooks and providers' keys."""

from typing import Any
from uuid import uuid4

from tests.contracts.dialect import Suite
from tests.dialects.native.rows.row import Make, Request, Row, counted, post


def _failed_job() -> dict[str, Any]:
    """A keep that ends at once, so that no provider is asked."""
    return {"provider": "krea", "response": {"job_id": uuid4().hex, "status": "failed"}}


def _keep(template: str, *, running: bool = False) -> Make:
    """Return the maker of a request about a new keep, which has failed or runs."""

    def make(suite: Suite) -> Request:
        order = _failed_job()
        if running:
            order["response"]["status"] = "processing"
            order["key"] = "no-key-of-anything"
        return {"path": template.replace("{id}", post(suite, "/api/keep", order)["id"])}

    return make


def _hook(template: str) -> Make:
    return lambda suite: {"path": template.replace("{id}", post(suite, "/api/hooks", {"provider": "fal"})["id"])}


def _stored_key(suite: Suite) -> Request:
    """A key of fal in the workspace; only an admin key can store one."""
    suite.stored.database.execute(
        "INSERT INTO provider_key (workspace_id, provider, sealed, hint) VALUES (%s, 'fal', '', '')"
        " ON CONFLICT DO NOTHING",
        [suite.account.workspace_id],
    )
    counted(suite)
    return {"path": "/api/provider-keys/fal"}


def _with_json(make: Make, body: Any) -> Make:
    return lambda suite: {**make(suite), "json": body}


ROWS = {
    "create_keep": Row(lambda _: {"json": _failed_job()}, other={"json": {"provider": "fal"}}),
    "list_keeps": Row(),
    "get_keep": Row(_keep("/api/keep/{id}")),
    "cancel_keep": Row(_keep("/api/keep/{id}/cancel", running=True)),
    "retry_keep": Row(
        _with_json(_keep("/api/keep/{id}/retry"), {"key": "another-key-1"}), other={"json": {"key": "another-key-2"}}
    ),
    "create_hook": Row(lambda _: {"json": {"provider": "fal"}}, other={"json": {"provider": "krea"}}, shown_once="url"),
    "list_hooks": Row(),
    "get_hook": Row(_hook("/api/hooks/{id}")),
    "update_hook": Row(
        _with_json(_hook("/api/hooks/{id}"), {"secret": "new-secret-1"}), other={"json": {"secret": "new-secret-2"}}
    ),
    "delete_hook": Row(_hook("/api/hooks/{id}")),
    "list_provider_keys": Row(),
    "get_provider_key": Row(_stored_key),
    "put_provider_key": Row(
        lambda _: {"path": "/api/provider-keys/fal", "json": {"key": "key-of-fal-1"}},
        other={"json": {"key": "key-of-fal-2"}},
    ),
    "delete_provider_key": Row(_stored_key),
}
