"""HeyGen v3's JSON."""

from collections.abc import Sequence
from typing import Any

from mediatheque.http.urls import file_url
from mediatheque.model import Asset


def uploaded(asset: Asset, base: str) -> dict[str, Any]:
    """The answer to an upload: `asset_id` here, although the same asset is read back under `id`."""
    return {
        "data": {
            "asset_id": asset.id.hex,
            "url": file_url(base, asset.file),
            "mime_type": asset.file.blob.media_info.mime,
            "size_bytes": asset.file.blob.size,
        }
    }


def asset(asset: Asset, workspace: str, base: str) -> dict[str, Any]:
    """The asset object. Its owner is the workspace, which is its space, too; at the root `folder_id` is null."""
    return {
        "id": asset.id.hex,
        "name": asset.file.name,
        "type": asset.kind.value,
        "owner": workspace,
        "space_id": asset.workspace_id.hex,
        "uploaded_at": int(asset.created_at.timestamp()),
        "url": file_url(base, asset.file),
        "folder_id": asset.folder_id.hex if asset.folder_id else None,
    }


def found(asset: Asset, base: str) -> dict[str, Any]:
    """An image that a search found. `is_transparent` is optional, and nothing is known about it."""
    media_info = asset.file.blob.media_info
    return {
        "id": asset.id.hex,
        "url": file_url(base, asset.file),
        "type": asset.kind.value,
        "width": media_info.width,
        "height": media_info.height,
        "orientation": _orientation(media_info.width, media_info.height),
    }


def page(shown: Sequence[dict[str, Any]], token: str | None) -> dict[str, Any]:
    """The envelope of a list, and the token of its next page."""
    return {"data": shown, "has_more": token is not None, "next_token": token}


def _orientation(width: int | None, height: int | None) -> str | None:
    if not width or not height:
        return None
    return "square" if width == height else "landscape" if width > height else "portrait"
