"""Krea's JSON."""

from collections.abc import Sequence
from typing import Any

from mediatheque.dialects.krea.cursor import cursor_of
from mediatheque.http.request.pagination import next_cursor
from mediatheque.http.urls import file_url
from mediatheque.model import Asset

DELETED = {"success": True, "message": "Asset deleted successfully"}


def asset(asset: Asset, base: str) -> dict[str, Any]:
    """The asset object: `image_url` whatever the kind, and `url` for clients that look there.

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
    """A page of a list. The vendor has called the cursor both names; clients of either are found."""
    position = next_cursor(assets, more)
    cursor = cursor_of(position) if position else None
    return {"items": [asset(each, base) for each in assets], "next_cursor": cursor, "nextCursor": cursor}
