"""Asset ids in HeyGen v3's paths."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from mediatheque.errors import AssetNotFound
from mediatheque.http.request.query import parse_id

_MAX_SHOWN = 100


@contextmanager
def parsed_asset_id(text: str) -> Iterator[UUID]:
    """Parse the asset's id. `AssetNotFound`, raised here or in the block, gets a message with the id as it was sent."""
    try:
        yield parse_id(text, AssetNotFound)
    except AssetNotFound:
        raise AssetNotFound(f"Asset {text[:_MAX_SHOWN]} not found") from None
