"""fal's JSON of assets and tags."""

from typing import Any

from mediatheque.dialects.fal.timestamps import timestamp
from mediatheque.http.urls import file_url
from mediatheque.model import Asset, Tag


def asset(asset: Asset, base: str, similarity: float | None = None) -> dict[str, Any]:
    """Build the asset object; all sixteen keys are always present. `similarity` is 0 to 1, in search results only."""
    media_info = asset.file.blob.media_info
    return {
        "vector_id": str(asset.id),
        "request_id": asset.request_id,
        "url": file_url(base, asset.file),
        "type": asset.kind.value,
        "title": asset.title,
        "endpoint": asset.endpoint,
        "created_at": timestamp(asset.created_at),
        "source": asset.source,
        "prompt": asset.caption,
        "width": media_info.width,
        "height": media_info.height,
        "content_type": media_info.mime,
        "is_favorited": asset.is_favorite,
        "collection_ids": [str(id) for id in asset.collection_ids],
        "tags": [tag(item) for item in asset.tags],
        "similarity": similarity,
    }


def tag(tag: Tag) -> dict[str, Any]:
    """Build the tag object."""
    return {"id": str(tag.id), "name": tag.name, "created_at": timestamp(tag.created_at)}
