"""Every operation of every dialect, with a foreign name in each place that takes one."""

from base64 import b64encode
from typing import Any

from tests import samples
from tests.acceptance.isolation.fal_probes import FAL
from tests.acceptance.isolation.organise_probes import NATIVE_ORGANISE
from tests.acceptance.isolation.probe import Probe

_PNG = samples.png()
_TYPED = {"content-type": "image/png"}
_INLINE = {"type": "base64", "media_type": "image/png", "data": b64encode(_PNG).decode()}
_ACL, _SIGN = "/v1/storage/files/acl", "/v1/storage/files/sign"
_PARTED = "/files/b/{multipart_file}/{name}/multipart/{multipart_id}"
_MIXED = "/files/b/{my_multipart_file}/{name}/multipart/{multipart_id}"
_FORM = {"content-type": "multipart/form-data; boundary=b"}
_FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + _PNG + b"\r\n--b--\r\n"
_FOLDER = {"folder_id": "{folder}"}


def _plain(method: str, path: str, **more: Any) -> Probe:
    """Return a probe of an operation that takes no foreign name; it must still not affect the other workspace."""
    return Probe(method, path, **more)


def _new(source: dict[str, str] = _INLINE, **more: Any) -> Probe:
    return Probe("POST", "/api/assets", json={"source": source} | more, own=201)


def _made_of(**probe_id: str) -> Probe:
    return _new(provenance={"request_id": "{my_word}", "inputs": [probe_id]})


KREA = (
    _plain("POST", "/assets", headers=_FORM, content=_FILE),
    Probe("GET", "/assets/{asset}"),
    Probe("DELETE", "/assets/{asset}"),
)
FAL_STORAGE = (
    *(Probe("GET", _ACL, params={"url": url}) for url in ("{file}", "{hidden}")),
    *(Probe("PUT", _ACL, params={"url": url}, json={"default": "forbid"}) for url in ("{file}", "{hidden}")),
    Probe(
        "PUT",
        _ACL,
        params={"url": "{my_file}"},
        json={"default": "hide", "rules": [{"user": "{workspace}", "decision": "allow"}]},
        foreign=200,
    ),
    *(Probe("POST", _SIGN, params={"url": url}, json={"expiration_seconds": 60}) for url in ("{file}", "{hidden}")),
    _plain("PUT", "/v1/storage/settings", json={}),
    _plain("POST", "/storage/auth/token", json={}),
    _plain("POST", "/files/upload", headers=_TYPED, content=_PNG),
    _plain("POST", "/storage/upload/initiate", json={"file_name": "a.png"}),
    _plain("POST", "/storage/upload/initiate-multipart", json={"file_name": "a.png"}),
    _plain("POST", "/files/upload/multipart"),
    Probe("PUT", "/storage/upload/{upload}", params={"token": "{my_upload_token}"}, content=_PNG),
    Probe("PUT", "/storage/upload/{parts}/{number}", params={"token": "{my_parts_token}"}, content=_PNG),
    Probe(
        "POST", "/storage/upload/{parts}/complete", params={"token": "{my_parts_token}"}, json={"parts": []}, own=422
    ),
    Probe("POST", "/storage/upload/{parts}/gcs/{my_parts_token}/{number}"),
    Probe("POST", "/storage/upload/{parts}/gcs/{my_parts_token}/complete", json={"parts": []}, own=422),
    *(Probe("PUT", f"{path}/{{number}}", content=_PNG) for path in (_PARTED, _MIXED)),
    *(Probe("POST", f"{path}/complete", json={"parts": []}, own=422) for path in (_PARTED, _MIXED)),
    Probe("GET", "/api/fal/proxy", headers={"x-fal-target-url": "https://rest.fal.ai/v1/assets/{asset}"}),
)
HEYGEN_V1 = (
    Probe("POST", "/v1/asset", params=_FOLDER, headers=_TYPED, content=_PNG),
    Probe("GET", "/v1/asset/list", params=_FOLDER),
    Probe("POST", "/v1/asset/{asset}/delete"),
    Probe("GET", "/v1/folders", params={"parent_id": "{folder}"}),
    Probe("POST", "/v1/folders/create", json={"name": "new", "parent_id": "{folder}"}),
    Probe("POST", "/v1/folders/{folder}", json={"name": "another"}),
    Probe("POST", "/v1/folders/{folder}/trash"),
    Probe("POST", "/v1/folders/{folder}/restore"),
    _plain("POST", "/v1/talking_photo", headers=_TYPED, content=_PNG),
    Probe("DELETE", "/v2/talking_photo/{asset}"),
)
_ANNOUNCED = {"filename": "a.png", "content_type": "image/png", "size_bytes": len(_PNG)}
HEYGEN_V3 = (
    _plain("POST", "/v3/assets", headers=_FORM, content=_FILE),
    Probe("GET", "/v3/assets", params=_FOLDER),
    _plain("GET", "/v3/users/me"),
    _plain("GET", "/v3/user/me"),
    Probe("GET", "/v3/assets/{asset}"),
    Probe("DELETE", "/v3/assets/{asset}"),
    _plain("POST", "/v3/assets/direct-uploads", json=_ANNOUNCED),
    _plain("POST", "/v3/assets/direct-uploads/batches", json={"files": [_ANNOUNCED]}),
    Probe("PUT", "/v3/assets/direct-uploads/{direct}", params={"token": "{my_direct_token}"}, content=_PNG),
    Probe("POST", "/v3/assets/{direct_asset}/complete", json={}, own=409),
    Probe("POST", "/v3/assets/{asset}/complete", json={}, own=404),
    Probe("GET", "/v3/assets/{direct_asset}", own=404),
    Probe("GET", "/v3/assets/batches/{batch}"),
    Probe("POST", "/v3/assets/complete/batches", json={"batch_id": "{batch}"}, own=202),
    Probe(
        "GET",
        "/v3/assets/statuses",
        params={"asset_ids": "{asset},{direct_asset}", "batch_ids": "{batch}"},
        foreign=200,
    ),
)
NATIVE = (
    *(Probe(method, "/files/b/{hidden_id}/{name}") for method in ("GET", "HEAD")),
    _new({"type": "url", "url": "{file}"}),
    _new({"type": "url", "url": "{hidden}"}),
    _new({"type": "asset_id", "asset_id": "{asset}"}),
    _new(tag_ids=["{my_tag}", "{tag}"]),
    _new(collection_id="{collection}"),
    _new(folder_id="{folder}"),
    _made_of(asset_id="{asset}"),
    _made_of(request_id="{request}"),
    _made_of(character="{character}"),
    _made_of(character="{handle}"),
    _made_of(url="{file}")._replace(foreign=201),
    Probe("GET", "/api/assets/{asset}"),
    Probe("DELETE", "/api/assets/{asset}", own=204),
    Probe("PATCH", "/api/assets/{asset}", json={"title": "another"}),
    *(
        Probe("PATCH", "/api/assets/{my_asset}", json=changes)
        for changes in ({"tag_ids": ["{tag}"]}, {"collection_ids": ["{collection}"]}, {"folder_id": "{folder}"})
    ),
    Probe("PATCH", "/api/assets/{my_asset}", json={"external_id": "{external_id}"}, foreign=200, own=200),
    _plain("POST", "/api/assets/upload", headers=_FORM, content=_FILE),
    _plain("POST", "/api/assets/content", headers=_TYPED, content=_PNG, own=201),
    Probe(
        "PUT",
        "/api/assets/content",
        params={"external_id": "{external_id}"},
        headers=_TYPED,
        content=_PNG,
        foreign=200,
    ),
    Probe("GET", "/api/assets/by-external-id", params={"external_id": "{external_id}"}),
    _new(external_id="{external_id}")._replace(foreign=201, own=409),
    _new(external_id="{external_id}", on_conflict="update")._replace(foreign=201),
    Probe("POST", "/api/assets/{trashed}/restore"),
    _plain("GET", "/api/trash"),
    Probe("DELETE", "/api/trash/{trashed}", own=204),
    _plain("DELETE", "/api/trash"),
    *(
        Probe("POST", "/api/assets/bulk", json={"ids": ["{asset}"], **operation}, foreign=200)
        for operation in (
            {"operation": "patch", "title": "another", "metadata": {"a": 1}},
            {"operation": "tag", "tag_ids": ["{my_tag}"]},
            {"operation": "untag", "tag_ids": ["{my_tag}"]},
            {"operation": "collect", "collection_id": "{my_collection}"},
            {"operation": "uncollect", "collection_id": "{my_collection}"},
            {"operation": "trash"},
        )
    ),
    Probe("POST", "/api/assets/bulk", json={"ids": ["{trashed}"], "operation": "restore"}, foreign=200),
    Probe("POST", "/api/assets/bulk", json={"ids": ["{trashed}"], "operation": "purge"}, foreign=200),
    Probe("POST", "/api/assets/bulk", json={"ids": ["{my_asset}"], "operation": "tag", "tag_ids": ["{tag}"]}),
    Probe("POST", "/api/assets/bulk", json={"ids": ["{my_asset}"], "operation": "untag", "tag_ids": ["{tag}"]}),
    Probe(
        "POST",
        "/api/assets/bulk",
        json={"ids": ["{my_asset}"], "operation": "collect", "collection_id": "{collection}"},
    ),
    Probe("POST", "/api/assets/bulk", json={"ids": ["{my_asset}"], "operation": "patch", "folder_id": "{folder}"}),
    _plain("GET", "/api/duplicates"),
    Probe("PUT", "/api/assets/{asset}/content", headers=_TYPED, content=_PNG),
    Probe("POST", "/api/assets/{asset}/versions", json={"source": _INLINE}),
    Probe("POST", "/api/assets/{my_asset}/versions", json={"source": {"type": "asset_id", "asset_id": "{asset}"}}),
    Probe("POST", "/api/assets/{my_asset}/versions", json={"source": {"type": "url", "url": "{file}"}}),
    Probe("GET", "/api/assets/{asset}/versions"),
    Probe("POST", "/api/assets/{asset}/versions/{number}/restore"),
    Probe("DELETE", "/api/assets/{asset}/versions/{number}", own=409),
    Probe("GET", "/api/assets/{asset}/lineage"),
    Probe("GET", "/api/assets/{asset}/similar"),
    Probe("GET", "/api/search", params={"like": "{asset}"}),
    _plain("POST", "/api/keys", json={"name": "new", "scopes": ["read"]}, own=201),
    _plain("GET", "/api/usage"),
    _plain("GET", "/api/usage/days"),
    Probe("GET", "/api/audit", params={"target_id": "{asset}"}, foreign=200),
    _plain("GET", "/api/keys"),
    Probe("GET", "/api/keys/{api_key}"),
    Probe("PATCH", "/api/keys/{api_key}", json={"name": "another"}),
    Probe("POST", "/api/keys/{api_key}/rotate"),
    Probe("DELETE", "/api/keys/{api_key}", own=204),
)
_FAILED_JOB = {"provider": "krea", "response": {"job_id": "{my_word}", "status": "failed"}}
KEEP = (
    *(
        Probe("POST", "/api/keep", json=_FAILED_JOB | label, own=202)
        for label in ({"tag_ids": ["{tag}"]}, {"collection_id": "{collection}"})
    ),
    Probe("GET", "/api/keep/{keep}"),
    Probe("POST", "/api/keep/{keep}/cancel", own=409),
    Probe("POST", "/api/keep/{kept}/retry", own=409),
    *(
        Probe("POST", "/api/hooks", json={"provider": "fal", **label}, own=201)
        for label in ({"tag_ids": ["{tag}"]}, {"collection_id": "{collection}"})
    ),
    Probe("GET", "/api/hooks/{hook}"),
    Probe("PATCH", "/api/hooks/{hook}", json={"secret": "secret-of-{my_word}"}),
    Probe("DELETE", "/api/hooks/{hook}", own=204),
    Probe("GET", "/api/provider-keys/{name}", own=404),
    Probe("PUT", "/api/provider-keys/{name}", json={"key": "key-of-{my_word}"}, own=404),
    Probe("DELETE", "/api/provider-keys/{name}", own=404),
)
PROBES = (*FAL, *KREA, *FAL_STORAGE, *HEYGEN_V1, *HEYGEN_V3, *NATIVE, *NATIVE_ORGANISE, *KEEP)
_INSTANCE = "needs the scope instance, which the admin of no workspace has: tests/dialects/native/accounts"
WITHOUT_WORKSPACE = {
    "POST /api/hooks/{}/{}": "the token in its path is its credential; tests/library/keep",
    "GET /healthz": "tells nothing about a workspace",
    "GET /readyz": "tells nothing about a workspace",
    "GET /metrics": "sums over all workspaces",
    "GET /docs/error-codes": "tells nothing about a workspace",
    "GET /docs/api": "tells nothing about a workspace",
    "GET /api/openapi.json": "tells nothing about a workspace",
    "POST /api/workspaces": _INSTANCE,
    "GET /api/workspaces": _INSTANCE,
    "GET /api/workspaces/{}": _INSTANCE,
    "PATCH /api/workspaces/{}": _INSTANCE,
    "POST /api/workspaces/{}/suspend": _INSTANCE,
    "POST /api/workspaces/{}/resume": _INSTANCE,
    "GET /api/workspaces/{}/usage": _INSTANCE,
    "GET /api/workspaces/{}/usage/days": _INSTANCE,
    "PUT /api/workspaces/{}/quota": _INSTANCE,
    "GET /api/instance/audit": _INSTANCE,
    "DELETE /api/workspaces/{}": _INSTANCE,
}
"""Operations whose response does not depend on the workspace, with the reason."""
