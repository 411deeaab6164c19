"""Our own JSON: sizes in bytes, dimensions in pixels, durations in seconds, times in ISO 8601."""

from typing import Any

from mediatheque.http.origin import file_url
from mediatheque.model import Asset


def asset(asset: Asset, base: str) -> dict[str, Any]:
    """The asset with everything that is known of it."""
    blob, file = asset.file.blob, asset.file
    return {
        "id": str(asset.id),
        "kind": asset.kind.value,
        "title": asset.title,
        "caption": asset.caption,
        "name": file.name,
        "url": file_url(base, file),
        "mime_type": blob.facts.mime,
        "size": blob.size,
        "sha256": blob.sha256.hex(),
        "width": blob.facts.width,
        "height": blob.facts.height,
        "duration": blob.facts.duration,
        "source": asset.source,
        "is_favorite": asset.is_favorite,
        "folder_id": str(asset.folder_id) if asset.folder_id else None,
        "collection_ids": [str(id) for id in asset.collection_ids],
        "tags": [{"id": str(tag.id), "name": tag.name} for tag in asset.tags],
        "metadata": asset.metadata,
        "created_at": asset.created_at,
        "expires_at": file.expires_at,
    }
