"""Makers of files and of uploads in progress."""

import httpx

from tests import samples
from tests.acceptance.across.libraries import direct
from tests.acceptance.endpoints import Json, Sample, fal_upload, initiate
from tests.acceptance.isolation.workspace import Maker, Workspace

PICTURE = Sample(samples.png(), "image/png", "picture.png")
_FILM = Sample(samples.mp4(), "video/mp4", "film.mp4")


def new_file(of: Workspace, sample: Sample = PICTURE) -> str:
    return str(fal_upload(of.http, of.key, sample).raise_for_status().json()["access_url"])


def _hidden(of: Workspace) -> str:
    url = new_file(of)
    of.call("PUT", "/v1/storage/files/acl", params={"url": url}, json={"default": "hide"})
    return url


def _multipart(of: Workspace) -> str:
    """Return `access_url` and `uploadId`, separated by a space."""
    created: Json = of.call("POST", "/files/upload/multipart")
    return f"{created['access_url']} {created['uploadId']}"


def _batch(of: Workspace) -> str:
    declared = {"filename": "a.png", "content_type": "image/png", "size_bytes": 10}
    return str(of.call("POST", "/v3/assets/direct-uploads/batches", json={"files": [declared]})["data"]["batch_id"])


def _direct(of: Workspace) -> str:
    """Return the asset's id and upload URL, separated by a space."""
    initiated = direct(of.http, of.key, PICTURE)
    return f"{initiated['asset_id']} {initiated['upload_url']}"


def _segment(name: str, number: int) -> Maker:
    """Return a maker for one segment of the path of the named URL."""
    return lambda of: httpx.URL(of[name].split()[-1]).path.split("/")[number]


def _token(name: str) -> Maker:
    return lambda of: httpx.URL(of[name].split()[-1]).params["token"]


def _initiate_multipart(of: Workspace) -> str:
    declared = {"file_name": "a.png", "content_type": "image/png"}
    return str(of.call("POST", "/storage/upload/initiate-multipart", json=declared)["upload_url"])


UPLOADS: dict[str, Maker] = {
    "number": lambda _: "1",
    "name": lambda _: "picture.png",
    "file": new_file,
    "film": lambda of: new_file(of, _FILM),
    "hidden": _hidden,
    "hidden_id": _segment("hidden", 3),
    "upload_url": lambda of: str(initiate(of.http, of.key, PICTURE)["upload_url"]),
    "upload": _segment("upload_url", 3),
    "upload_token": _token("upload_url"),
    "parts_url": _initiate_multipart,
    "parts": _segment("parts_url", 3),
    "parts_token": _token("parts_url"),
    "multipart": _multipart,
    "multipart_file": lambda of: httpx.URL(of["multipart"].split()[0]).path.split("/")[3],
    "multipart_id": lambda of: of["multipart"].split()[1],
    "direct_upload": _direct,
    "direct_asset": lambda of: of["direct_upload"].split()[0],
    "direct": _segment("direct_upload", 4),
    "direct_token": _token("direct_upload"),
    "batch": _batch,
}
