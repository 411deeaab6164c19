"""How fal's requests refer to objects: to an asset by `vector_id` or `request_id`, to others by an opaque id."""

from typing import Annotated
from uuid import UUID

import msgspec

from mediatheque.errors import AssetNotFound, Invalid, NotFound
from mediatheque.http.request.query import parse_id
from mediatheque.model import AssetRef

Id = Annotated[str, msgspec.Meta(min_length=1)]


class AssetTarget(msgspec.Struct, frozen=True, kw_only=True):
    """[documented] The two fields that refer to an asset; exactly one is given. Other bodies inherit from this."""

    request_id: Id | None = None
    vector_id: Id | None = None

    def reference(self) -> AssetRef:
        """Convert to an `AssetRef`.

        Raises `Invalid` unless exactly one field is given, and `AssetNotFound` when `vector_id` is not a UUID.
        """
        if (self.request_id is None) == (self.vector_id is None):
            raise Invalid("Name the asset by either vector_id or request_id.", param="vector_id")
        if self.vector_id is None:
            return AssetRef(request_id=self.request_id)
        return AssetRef(asset_id=parse_asset_id(self.vector_id, "vector_id"))


def parse_asset_id(text: str, param: str) -> UUID:
    """Parse the id of an asset. Raises `AssetNotFound` when it is not a UUID."""
    return parse_id(text, AssetNotFound(param=param))


def parse_id_or_404(text: str, noun: str, param: str) -> UUID:
    """Parse the id of a tag, a collection or a character. Raises `NotFound` when it is not a UUID."""
    return parse_id(text, not_found(text, noun, param))


def not_found(id: object, noun: str, param: str = "") -> NotFound:
    """Build the error for an id that is unknown or belongs to another workspace."""
    return NotFound(f"{noun} {str(id)[:100]} not found.", param=param or None)
