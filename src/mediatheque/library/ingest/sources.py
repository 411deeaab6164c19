"""Where the content of a new asset comes from: one shape wherever a source is accepted."""

import asyncio
from base64 import b64decode
from typing import Annotated

import msgspec

from mediatheque.errors import Invalid, TooLarge
from mediatheque.library.ingest.policy import MIB
from mediatheque.library.ingest.request import ByteSink
from mediatheque.model import DeclaredMetadata

MAX_INLINE = 10 * MIB
"""Bytes that may be given inside a request, where they cannot be streamed."""


class FromUrl(msgspec.Struct, frozen=True, tag="url", tag_field="type"):
    """A file at a URL: of this library, or of a host that may be read from."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class FromAsset(msgspec.Struct, frozen=True, tag="asset_id", tag_field="type"):
    """The content of an asset that is here already."""

    asset_id: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class FromBase64(msgspec.Struct, frozen=True, tag="base64", tag_field="type"):
    """The bytes themselves, as base64; `media_type` is a hint."""

    media_type: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    data: Annotated[str, msgspec.Meta(min_length=1)]

    async def stream_to(self, sink: ByteSink) -> DeclaredMetadata:
        """The decoded bytes, as the body of an offer. Raises `Invalid` and `TooLarge`."""
        if len(self.data) > MAX_INLINE * 4 // 3 + 4:
            raise TooLarge(MAX_INLINE, param="data")
        try:
            content = await asyncio.to_thread(b64decode, self.data, validate=True)
        except ValueError:
            raise Invalid("data is not base64.", param="data") from None
        await sink.write(content)
        return DeclaredMetadata(type=self.media_type)


AssetSource = FromUrl | FromAsset | FromBase64
