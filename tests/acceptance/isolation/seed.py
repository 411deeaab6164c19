"""A workspace seeded with one of each thing, by the name of its placeholder."""

import time
from base64 import b64encode
from typing import Any
from uuid import uuid4

from tests import samples
from tests.acceptance.endpoints import bearer
from tests.acceptance.isolation.uploads import UPLOADS, new_file
from tests.acceptance.isolation.workspace import Maker, Workspace

_WORKER_SECONDS = 60.0


def _asset(of: Workspace) -> str:
    declared = {"prompt": f"a bear {of['word']}", "favorite": True, "request_id": f"request-{of['word']}"}
    inputs = [{"url": f"http://example.com/{uuid4().hex}.png"}]
    body = {"url": of["file"], "type": "image", **declared, "inputs": inputs}
    return str(of.call("POST", "/v1/assets/uploads", json=body)["asset"]["vector_id"])


def _trashed(of: Workspace) -> str:
    """Return the id of an asset in the trash."""
    source = {"type": "url", "url": new_file(of)}
    id = str(of.call("POST", "/api/assets", json={"source": source, "title": f"trashed {of['word']}"})["id"])
    of.http.delete(f"/api/assets/{id}", headers=bearer(of.key)).raise_for_status()
    return id


def _external_id(of: Workspace) -> str:
    external_id = f"external-{of['word']}"
    of.http.patch(
        f"/api/assets/{of['asset']}", json={"external_id": external_id}, headers=bearer(of.key)
    ).raise_for_status()
    return external_id


def _request(of: Workspace) -> str:
    of["asset"]
    return f"request-{of['word']}"


def _tag(of: Workspace) -> str:
    id = str(of.call("POST", "/v1/assets/tags", json={"name": of["tag_name"]})["tag"]["id"])
    of.call("POST", f"/v1/assets/tags/{id}/assign", json={"vector_id": of["asset"]})
    return id


def _collection(of: Workspace, **more: Any) -> str:
    body = {"name": f"collection {of['word']}", **more}
    return str(of.call("POST", "/v1/assets/collections", json=body)["collection"]["id"])


def _filled(of: Workspace) -> str:
    id = _collection(of, cover_image_url=of["file"])
    of.call("POST", f"/v1/assets/collections/{id}/assets", json={"vector_id": of["asset"]})
    return id


def _smart(of: Workspace) -> str:
    return _collection(of, filters={"semantic": {"image_url": of["file"], "min_similarity": 0.5}})


def _character(of: Workspace) -> str:
    body = {
        "name": "Mona",
        "description": "a bear",
        "reference_images": [of["asset"]],
        "identifier": f"bear-{of['word']}",
    }
    return str(of.call("POST", "/v1/assets/characters", json=body)["character"]["id"])


def _handle(of: Workspace) -> str:
    of["character"]
    return f"bear-{of['word']}"


def _taken_name(of: Workspace) -> str:
    of["tag"]
    return of["tag_name"]


def _folder(of: Workspace) -> str:
    return str(of.call("POST", "/v1/folders/create", json={"name": f"folder {of['word']}"})["data"]["id"])


def _keep(of: Workspace) -> str:
    """A dead letter, which nothing changes any more."""
    job = {"job_id": f"job-{of['word']}", "status": "failed", "result": {"error": "moderated"}}
    return str(of.call("POST", "/api/keep", json={"provider": "krea", "response": job})["id"])


def _kept(of: Workspace) -> str:
    """A keep that is done: its asset does not come while somebody compares what there is."""
    picture = f"data:image/png;base64,{b64encode(samples.png()).decode()}"
    job = {"job_id": f"kept-{of['word']}", "status": "completed", "result": {"urls": [picture]}}
    id = str(of.call("POST", "/api/keep", json={"provider": "krea", "response": job})["id"])
    deadline = time.monotonic() + _WORKER_SECONDS
    while of.call("GET", f"/api/keep/{id}")["state"] != "done":
        assert time.monotonic() < deadline, "the worker did not keep it"
        time.sleep(0.05)
    return id


def _hook(of: Workspace) -> str:
    return str(of.call("POST", "/api/hooks", json={"provider": "fal", "title": of["word"]})["id"])


def _workspace(of: Workspace) -> str:
    return str(of.call("GET", f"/v3/assets/{of['asset']}")["data"]["owner"])


def _api_key(of: Workspace) -> str:
    return str(of.call("POST", "/api/keys", json={"name": f"key {of['word']}", "scopes": ["read"]})["id"])


_ORGANISED: dict[str, Maker] = {
    "asset": _asset,
    "request": _request,
    "trashed": _trashed,
    "external_id": _external_id,
    "tag_name": lambda of: f"tag {of['word']}",
    "tag": _tag,
    "other_tag": lambda of: str(of.call("POST", "/v1/assets/tags", json={"name": f"other {of['word']}"})["tag"]["id"]),
    "taken_name": _taken_name,
    "collection": _filled,
    "inner": lambda of: _collection(of, parent_collection_id=of["collection"]),
    "smart": _smart,
    "character": _character,
    "handle": _handle,
    "folder": _folder,
    "keep": _keep,
    "kept": _kept,
    "hook": _hook,
    "workspace": _workspace,
    "api_key": _api_key,
}


class SeededWorkspace(Workspace):
    """A workspace that can have one of each thing."""

    makers = UPLOADS | _ORGANISED
