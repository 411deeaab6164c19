"""HeyGen v1's JSON."""

from collections.abc import Sequence
from typing import Any

from mediatheque.http.urls import file_url
from mediatheque.model import Asset, Folder, Kind

_OK = 100


def envelope(data: Any) -> dict[str, Any]:
    """Wrap the data of a list, a deletion or a folder."""
    return {"error": None, "data": data}


def asset(asset: Asset, base: str) -> dict[str, Any]:
    """Build the asset object. `name` is the id, as with the vendor; `folder_id` is empty at the root."""
    return {
        "id": asset.id.hex,
        "name": asset.id.hex,
        "file_type": asset.kind.value,
        "folder_id": asset.folder_id.hex if asset.folder_id else "",
        "created_ts": int(asset.created_at.timestamp()),
        "url": file_url(base, asset.file),
    }


def upload_reply(uploaded: Asset, base: str) -> dict[str, Any]:
    """Build the answer to an upload. `image_key` is null except for images."""
    shown = asset(uploaded, base)
    data = {
        **{key: shown[key] for key in ("id", "name", "file_type", "folder_id")},
        "meta": None,
        **{key: shown[key] for key in ("created_ts", "url")},
        "image_key": f"image/{uploaded.id.hex}/original" if uploaded.kind is Kind.IMAGE else None,
    }
    return {"code": _OK, "data": data, "msg": None, "message": None}


def folder(folder: Folder, workspace: str) -> dict[str, Any]:
    """Build the folder object. The workspace is named as its creator; `parent_id` is empty at the root."""
    return {
        "id": folder.id.hex,
        "name": folder.name,
        "parent_id": folder.parent_id.hex if folder.parent_id else "",
        "project_type": folder.project_type,
        "is_trash": folder.trashed_at is not None,
        "created_ts": int(folder.created_at.timestamp()),
        "updated_ts": int(folder.updated_at.timestamp()),
        "direct_children_count": folder.children,
        "creator_username": workspace,
    }


def talking_photo(asset: Asset, base: str) -> dict[str, Any]:
    """Build the answer to the upload of a talking photo."""
    return {"code": _OK, "data": {"talking_photo_id": asset.id.hex, "talking_photo_url": file_url(base, asset.file)}}


def talking_photos(assets: Sequence[Asset], token: str | None, base: str) -> dict[str, Any]:
    """Build the list of talking photos. `circle_image` is the uncropped image: there is no other rendition."""
    urls = [(asset.id.hex, file_url(base, asset.file)) for asset in assets]
    data = [{"id": id, "image_url": url, "circle_image": url} for id, url in urls]
    return {"code": _OK, "data": data, "token": token}


def talking_photo_deleted() -> dict[str, Any]:
    """Build the answer to a deletion, in both envelopes."""
    return {"code": _OK, "error": None, "data": None}
