"""Tags, folders and collections."""

from typing import Any
from uuid import uuid4

from tests.contracts.dialect import Suite
from tests.dialects.native.rows.row import Make, Request, Row, new_asset, post

_TAGS, _FOLDERS, _COLLECTIONS = "/api/tags", "/api/folders", "/api/collections"


def _named(path: str, at: str, **request: Any) -> Make:
    """Return the maker of a request about something new of that kind, whose id stands for `{id}`."""

    def make(suite: Suite) -> Request:
        id = post(suite, path, _new_name()["json"])["id"]
        return {"path": at.replace("{id}", id), **request}

    return make


def _new_name(_: object = None) -> Request:
    """Tags have names of their own."""
    return {"json": {"name": f"n{uuid4().hex}"}}


def _rename(suite: Suite) -> Request:
    return {**_named(_TAGS, "/api/tags/{id}")(suite), **_new_name()}


def _merge(suite: Suite) -> Request:
    into = post(suite, _TAGS, _new_name()["json"])["id"]
    return _named(_TAGS, "/api/tags/{id}/merge", json={"into": into})(suite)


def _members(suite: Suite) -> Request:
    request = _named("/api/collections", "/api/collections/{id}/members")(suite)
    return {**request, "json": {"add": [new_asset(suite)]}}


ROWS = {
    "list_tags": Row(_named(_TAGS, _TAGS, params={"prefix": "n"})),
    "create_tag": Row(_new_name, other={"json": {"name": "wolf"}}),
    "get_tag": Row(_named(_TAGS, "/api/tags/{id}")),
    "rename_tag": Row(_rename, other={"json": {"name": "fox"}}),
    "delete_tag": Row(_named(_TAGS, "/api/tags/{id}")),
    "merge_tag": Row(_merge, other={"json": {"into": "00000000-0000-0000-0000-000000000001"}}),
    "list_folders": Row(_named(_FOLDERS, _FOLDERS, params={"parent_id": "none"})),
    "create_folder": Row(lambda _: {"json": {"name": "takes"}}, other={"json": {"name": "stills"}}),
    "get_folder": Row(_named(_FOLDERS, "/api/folders/{id}")),
    "rename_folder": Row(_named(_FOLDERS, "/api/folders/{id}", json={"name": "a"}), other={"json": {"name": "b"}}),
    "trash_folder": Row(_named(_FOLDERS, "/api/folders/{id}")),
    "restore_folder": Row(_named(_FOLDERS, "/api/folders/{id}/restore")),
    "list_collections": Row(_named(_COLLECTIONS, _COLLECTIONS, params={"type": "manual"})),
    "create_collection": Row(lambda _: {"json": {"name": "a"}}, other={"json": {"name": "b"}}),
    "get_collection": Row(_named(_COLLECTIONS, "/api/collections/{id}")),
    "update_collection": Row(
        _named(_COLLECTIONS, "/api/collections/{id}", json={"name": "a"}), other={"json": {"name": "b"}}
    ),
    "delete_collection": Row(_named(_COLLECTIONS, "/api/collections/{id}")),
    "change_members": Row(_members, other={"json": {"add": []}}),
    "get_tree": Row(_named(_COLLECTIONS, "/api/collections/{id}/tree")),
    "move_collection": Row(
        _named(_COLLECTIONS, "/api/collections/{id}/move", json={"parent_id": None}),
        other={"json": {"parent_id": "00000000-0000-0000-0000-000000000001"}},
    ),
}
