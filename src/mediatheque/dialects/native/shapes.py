"""The native API's JSON: sizes in bytes, dimensions in pixels, durations in seconds, times in ISO 8601."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from mediatheque.http.urls import file_url
from mediatheque.model import Asset, BlobState, File, Generation, Kind, revision_of

Time = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone, which OpenAPI calls `date-time`."""


class TagRef(msgspec.Struct, frozen=True):
    """A tag of an asset."""

    id: UUID
    name: str


class AssetShape(msgspec.Struct, frozen=True, kw_only=True):
    """An asset. `state` and `state_reason` are there when its bytes are damaged or lost.

    `revision` changes with everything else here; it is the ETag of the asset. `version` is the number of its content.
    """

    id: UUID
    kind: Kind
    title: str
    caption: str | None
    name: str
    url: str
    mime_type: str
    size: int
    sha256: str
    crc32: str | None
    width: int | None
    height: int | None
    duration: float | None
    source: str
    request_id: str | None
    endpoint: str | None
    is_favorite: bool
    folder_id: UUID | None
    collection_ids: tuple[UUID, ...]
    tags: tuple[TagRef, ...]
    metadata: dict[str, Any]
    external_id: str | None
    revision: str
    version: int
    created_at: Time
    updated_at: Time | None
    expires_at: Time | None
    state: BlobState | UnsetType = UNSET
    state_reason: str | UnsetType | None = UNSET

    @classmethod
    def of(cls, asset: Asset, base: str, **more: Any) -> Self:
        """Build the asset object. `more` are the fields that a subclass adds."""
        file, blob = asset.file, asset.file.blob
        return cls(
            id=asset.id,
            kind=asset.kind,
            title=asset.title,
            caption=asset.caption,
            source=asset.source,
            request_id=asset.request_id,
            endpoint=asset.endpoint,
            is_favorite=asset.is_favorite,
            folder_id=asset.folder_id,
            collection_ids=asset.collection_ids,
            tags=tuple(TagRef(tag.id, tag.name) for tag in asset.tags),
            metadata=asset.metadata,
            external_id=asset.external_id,
            revision=revision_of(asset),
            version=asset.version,
            created_at=asset.created_at,
            updated_at=asset.updated_at,
            expires_at=file.expires_at,
            state=blob.state or UNSET,
            state_reason=blob.state_reason if blob.state else UNSET,
            **file_facts(file, base),
            **more,
        )


def file_facts(file: File, base: str) -> dict[str, Any]:
    """Return the fields that assets and their versions tell of a file: size in bytes, hashes in hexadecimal digits."""
    blob, media = file.blob, file.blob.media_info
    return {
        "name": file.name,
        "url": file_url(base, file),
        "mime_type": media.mime,
        "size": blob.size,
        "sha256": blob.sha256.hex(),
        "crc32": None if blob.crc32 is None else f"{blob.crc32:08x}",
        "width": media.width,
        "height": media.height,
        "duration": media.duration,
    }


class DescribedAsset(AssetShape, frozen=True, kw_only=True):
    """An asset, with what its file says about itself and how it was generated, null if it does not say that.

    Both belong to the bytes. Of a file that an older version stored they come later, together with `crc32`.
    """

    embedded: dict[str, Any]
    generation: Generation | None


class AssetPage(msgspec.Struct, frozen=True):
    """A page of a list of assets; `next_cursor` is null at the end."""

    items: list[AssetShape]
    next_cursor: str | None
