"""The parts of a form as they arrive: the file goes to a sink, text is kept, unknown parts are dropped."""

from collections.abc import Mapping

from mediatheque.errors import FileMissing, Invalid
from mediatheque.http.content_disposition import parse
from mediatheque.http.upload.multipart import Event, FormPart
from mediatheque.library.ingest.request import ByteSink
from mediatheque.model import DeclaredMetadata


class Form:
    """A form that is being received: one file, which is never held in memory, and some text fields."""

    def __init__(self, file_field: str, text_fields: Mapping[str, int], sink: ByteSink) -> None:
        self._file_field = file_field
        self._text_fields = text_fields
        self._sink = sink
        self._file: FormPart | None = None
        self._current = ""
        self._texts: dict[str, bytearray] = {}

    async def feed(self, event: Event) -> None:
        """Process the parser's next event. Raises `Invalid` for a repeated field, and what the sink raises."""
        if isinstance(event, FormPart):
            self._begin(event)
        elif event is not None and self._current == self._file_field:
            await self._sink.write(event)
        elif event is not None and self._current in self._texts:
            self._append(event)

    def declared(self) -> DeclaredMetadata:
        """Return what the client said, once the form is complete. Raises `FileMissing` and, for bad text, `Invalid`."""
        if self._file is None:
            raise FileMissing(f"{self._file_field} is required.", param=self._file_field)
        fields = {name: self._text(name, raw) for name, raw in self._texts.items()}
        declared = parse(self._file.content_type or "")[0] or None
        return DeclaredMetadata(name=self._file.filename, type=declared, fields=fields)

    def _begin(self, part: FormPart) -> None:
        self._current = part.name
        if part.name == self._file_field:
            if self._file is not None:
                raise Invalid(f"{part.name} must be given once.", param=part.name)
            self._file = part
        elif part.name in self._text_fields:
            if part.name in self._texts:
                raise Invalid(f"{part.name} must be given once.", param=part.name)
            self._texts[part.name] = bytearray()

    def _append(self, piece: bytes) -> None:
        """Keep the text. UTF-8 takes at most four bytes a character, so a longer text is refused as it arrives."""
        raw = self._texts[self._current]
        raw += piece
        if len(raw) > 4 * self._text_fields[self._current]:
            raise self._too_long(self._current)

    def _text(self, name: str, raw: bytearray) -> str:
        text = field_text(name, raw)
        if len(text) > self._text_fields[name]:
            raise self._too_long(name)
        return text

    def _too_long(self, name: str) -> Invalid:
        return Invalid(f"{name} is longer than {self._text_fields[name]} characters.", param=name)


def field_text(name: str, raw: bytearray) -> str:
    """Return the text of a field. Raises `Invalid` when it is not UTF-8, or contains NUL."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Invalid(f"{name} is not UTF-8 text.", param=name) from None
    if "\0" in text:
        raise Invalid(f"{name} contains a NUL character.", param=name)
    return text
