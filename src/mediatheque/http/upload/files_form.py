"""A form with several files and text fields, read part by part and never held in memory."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, NamedTuple

import msgspec
from litestar import Request

from mediatheque.errors import FormRequired, Invalid, TooLarge
from mediatheque.http.content_disposition import parse
from mediatheque.http.upload.bodies import LimitedSink, chunks
from mediatheque.http.upload.form import field_text
from mediatheque.http.upload.multipart import Event, FormPart, Parser
from mediatheque.library.ingest.request import ByteSink
from mediatheque.model import DeclaredMetadata

MAX_FILES = 100
_MAX_PARTS = 1000
_FILE_NAMES = frozenset({"file", "files"})
"""Names of parts that are files also without a file name."""


class TextPart(NamedTuple):
    """A text field."""

    name: str
    text: str


class FilePart:
    """A file of the form, and its body: what is not read of it is skipped when the next part is asked for."""

    def __init__(self, part: FormPart, events: AsyncGenerator[Event, None], limit: int) -> None:
        self.name = part.filename
        self._type = parse(part.content_type or "")[0] or None
        self._events = events
        self._limit = limit
        self._ended = False

    async def stream_to(self, sink: ByteSink) -> DeclaredMetadata:
        """Write the file to the sink and return what the form says of it. Raises `TooLarge`, and as the form does."""
        limited = LimitedSink(sink, self._limit, param="file")
        async for piece in self._pieces():
            await limited.write(piece)
        return DeclaredMetadata(name=self.name, type=self._type)

    async def skip(self) -> None:
        """Read the rest of the file. Raises `TooLarge` when that is more than a file may have."""
        skipped = 0
        async for piece in self._pieces():
            skipped += len(piece)
            if skipped > self._limit:
                raise TooLarge(self._limit, param="file")

    async def _pieces(self) -> AsyncIterator[bytes]:
        while not self._ended:
            event = await anext(self._events)
            if not isinstance(event, bytes):
                self._ended = True
                return
            yield event


class FilesForm:
    """The form. `limit` is for each file, `max_text` for all text between two files, both in bytes.

    With `hashing`, `sha256` is that of the content: of every name, text and file, however they were framed.
    """

    def __init__(self, request: Request[Any, Any, Any], *, limit: int, max_text: int, hashing: bool = False) -> None:
        self._request = request
        self._hash = hashlib.sha256() if hashing else None
        self._content = hashlib.sha256()
        self._limit = limit
        self._max_text = max_text

    @property
    def sha256(self) -> bytes:
        """The SHA-256 of what was read; empty without `hashing`."""
        return self._hash.digest() if self._hash else b""

    async def parts(self) -> AsyncGenerator[TextPart | FilePart, None]:
        """Yield the parts in their order, each file to be read before the next part is asked for.

        Raises `FormRequired`, `Malformed`, `BodyIncomplete`, `BodyTooSlow`, `Invalid` for too many files or too much
        text, and `TooLarge` when more than `limit` bytes of a file that was refused have to be skipped.
        """
        files = texts = 0
        events = self._events()
        try:
            async for event in events:
                if not isinstance(event, FormPart):
                    continue
                if event.filename is None and event.name not in _FILE_NAMES:
                    part = await self._text(event.name, events, self._max_text - texts)
                    texts += len(part.text)
                    yield part
                    continue
                files, texts = files + 1, 0
                if files > MAX_FILES:
                    raise Invalid(f"A form has at most {MAX_FILES} files.", param="file")
                file = FilePart(event, events, self._limit)
                yield file
                await file.skip()
        finally:
            await events.aclose()

    async def _events(self) -> AsyncGenerator[Event, None]:
        content_type = self._request.headers.get("content-type", "")
        if parse(content_type)[0] != "multipart/form-data":
            raise FormRequired(param="file")
        with Parser(content_type, max_parts=_MAX_PARTS) as parser:
            async for chunk in chunks(self._request.receive):
                for event in parser.feed(chunk):
                    self._note(event)
                    yield event

    def _note(self, event: Event) -> None:
        """Hash the event: the head of each part as JSON, the SHA-256 of its content when it ends."""
        if self._hash is None:
            return
        if isinstance(event, FormPart):
            self._hash.update(msgspec.json.encode(event))
            self._content = hashlib.sha256()
        elif event is None:
            self._hash.update(self._content.digest())
        else:
            self._content.update(event)

    async def _text(self, name: str, events: AsyncGenerator[Event, None], limit: int) -> TextPart:
        raw = bytearray()
        while isinstance(event := await anext(events), bytes):
            raw += event
            if len(raw) > limit:
                raise Invalid(f"The fields of a file are larger than {self._max_text} bytes.", param=name)
        return TextPart(name, field_text(name, raw))
