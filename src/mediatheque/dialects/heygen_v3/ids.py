"""Ids in HeyGen v3's paths."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from mediatheque.errors import AssetNotFound
from mediatheque.http.request.query import parse_id

_SHOWN = 100


@contextmanager
def asset_id_in(text: str) -> Iterator[UUID]:
    """The asset's id. If nothing is found by it, or it is none of ours, `AssetNotFound` names it as it was asked."""
    try:
        yield parse_id(text, AssetNotFound)
    except AssetNotFound:
        raise AssetNotFound(f"Asset {text[:_SHOWN]} not found") from None
