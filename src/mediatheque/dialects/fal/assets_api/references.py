"""How fal's operations name what they are about: an asset by `vector_id` or `request_id`, all else by an opaque id."""

from typing import Annotated
from uuid import UUID

import msgspec

from mediatheque.errors import AssetNotFound, Invalid, NotFound
from mediatheque.http.request.query import parse_id
from mediatheque.model import AssetRef

Id = Annotated[str, msgspec.Meta(min_length=1)]


class AssetTarget(msgspec.Struct, frozen=True, kw_only=True):
    """[documented] An asset, by one of two names. A body with more fields inherits from this."""

    request_id: Id | None = None
    vector_id: Id | None = None

    def reference(self) -> AssetRef:
        """The same in the library's words. `Invalid` for none or both, `AssetNotFound` for no id of ours."""
        if (self.request_id is None) == (self.vector_id is None):
            raise Invalid("Name the asset by either vector_id or request_id.", param="vector_id")
        if self.vector_id is None:
            return AssetRef(request_id=self.request_id)
        return AssetRef(asset_id=parse_id(self.vector_id, AssetNotFound(param="vector_id")))


def parse_id_or_404(text: str, noun: str, param: str) -> UUID:
    """The id of a tag, a collection or a character; `NotFound` for text that is none of ours."""
    return parse_id(text, not_found(text, noun, param))


def not_found(id: object, noun: str, param: str = "") -> NotFound:
    """What is said of an id that is unknown, or not yours."""
    return NotFound(f"{noun} {str(id)[:100]} not found.", param=param or None)
