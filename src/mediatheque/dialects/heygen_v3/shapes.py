"""HeyGen v3's JSON of assets."""

from collections.abc import Sequence
from typing import Any

from mediatheque.http.urls import file_url
from mediatheque.model import Asset


def upload_reply(asset: Asset, base: str) -> dict[str, Any]:
    """Build the answer to an upload. The id is `asset_id` here and `id` in all other answers."""
    return {
        "data": {
            "asset_id": asset.id.hex,
            "url": file_url(base, asset.file),
            "mime_type": asset.file.blob.media_info.mime,
            "size_bytes": asset.file.blob.size,
        }
    }


def asset(asset: Asset, workspace: str, base: str) -> dict[str, Any]:
    """Build the asset object. Owner and space are the workspace; `folder_id` is null at the root."""
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


def search_result(asset: Asset, base: str) -> dict[str, Any]:
    """Build a search result. The optional `is_transparent` is left out: it is not known."""
    media_info = asset.file.blob.media_info
    return {
        "id": asset.id.hex,
        "url": file_url(base, asset.file),
        "type": asset.kind.value,
        "width": media_info.width,
        "height": media_info.height,
        "orientation": _orientation(media_info.width, media_info.height),
    }


def page(items: Sequence[dict[str, Any]], token: str | None) -> dict[str, Any]:
    """Build a page of a list; `token` is that of the next page."""
    return {"data": items, "has_more": token is not None, "next_token": token}


def _orientation(width: int | None, height: int | None) -> str | None:
    if not width or not height:
        return None
    return "square" if width == height else "landscape" if width > height else "portrait"
