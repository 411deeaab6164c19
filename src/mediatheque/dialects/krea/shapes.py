"""Krea's JSON of assets."""

from collections.abc import Sequence
from typing import Any

from mediatheque.dialects.krea.cursor import format_cursor
from mediatheque.http.request.pagination import next_cursor
from mediatheque.http.urls import file_url
from mediatheque.model import Asset

DELETED = {"success": True, "message": "Asset deleted successfully"}


def asset(asset: Asset, base: str) -> dict[str, Any]:
    """Build the asset object. `image_url` is present for every kind of file; some clients read `url` instead.

    `description` is absent rather than null.
    """
    media_info = asset.file.blob.media_info
    url = file_url(base, asset.file)
    shape = {
        "id": str(asset.id),
        "image_url": url,
        "url": url,
        "uploaded_at": asset.created_at,
        "width": media_info.width,
        "height": media_info.height,
        "size_bytes": asset.file.blob.size,
        "mime_type": media_info.mime,
        "metadata": {**asset.metadata, "title": asset.title, "name": asset.file.name},
    }
    return shape if asset.caption is None else {**shape, "description": asset.caption}


def page(assets: Sequence[Asset], more: bool, base: str) -> dict[str, Any]:
    """Build a page. The cursor has both names that the vendor has used; clients of both exist."""
    position = next_cursor(assets, more)
    cursor = format_cursor(position) if position else None
    return {"items": [asset(item, base) for item in assets], "next_cursor": cursor, "nextCursor": cursor}
