"""Data URIs (RFC 2397) as bodies."""

import asyncio
from base64 import b64decode
from urllib.parse import unquote_to_bytes

from mediatheque.errors import Unreadable
from mediatheque.library.ingest.request import ByteSink
from mediatheque.model import DeclaredMetadata


class DataUri:
    """The content of a data URI."""

    def __init__(self, url: str, name: str | None = None) -> None:
        self._url = url
        self._name = name

    async def stream_to(self, sink: ByteSink) -> DeclaredMetadata:
        """Write the decoded bytes to the sink. Raises `Unreadable`."""
        head, _, data = self._url[len("data:") :].partition(",")
        media_type, *parameters = (part.strip() for part in head.split(";"))
        is_base64 = any(parameter.lower() == "base64" for parameter in parameters)
        await sink.write(await asyncio.to_thread(_decode, data, is_base64=is_base64))
        return DeclaredMetadata(name=self._name, type=media_type or None)


def _decode(data: str, *, is_base64: bool) -> bytes:
    content = unquote_to_bytes(data)
    if not is_base64:
        return content
    text = b"".join(content.split()).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise Unreadable("The data URI is not base64.") from error
