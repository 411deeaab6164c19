"""XMP packets (ISO 16684-1): the properties that people and programs ask for.

Expat reads the XML. A document type, and so every entity of one's own, is refused: they make bombs of small packets.
"""

from typing import Any
from xml.parsers import expat

from mediatheque.errors import Unreadable
from mediatheque.media.metadata.collected import Collected

MAX_PACKET_BYTES = 1 << 20
_MAX_DEPTH = 30
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"
_CONTAINERS = frozenset(f"{_RDF} {name}" for name in ("Alt", "Bag", "Seq"))
_NAMESPACES = {
    "http://purl.org/dc/elements/1.1/": {
        "title": "title", "description": "description", "creator": "creator", "subject": "keywords",
        "rights": "rights", "publisher": "publisher", "contributor": "contributor", "date": "date",
        "source": "source", "identifier": "identifier", "language": "language",
    },
    "http://ns.adobe.com/xap/1.0/": {
        "CreateDate": "created_at", "ModifyDate": "modified_at", "CreatorTool": "creator_tool", "Rating": "rating",
        "Label": "label",
    },
    "http://ns.adobe.com/xap/1.0/rights/": {
        "UsageTerms": "usage_terms", "WebStatement": "web_statement", "Marked": "rights_marked", "Owner": "owner",
    },
    "http://ns.adobe.com/photoshop/1.0/": {
        "Headline": "headline", "Credit": "credit", "Source": "photo_source", "City": "city", "State": "state",
        "Country": "country", "DateCreated": "date_created", "Instructions": "instructions",
        "AuthorsPosition": "creator_job", "CaptionWriter": "caption_writer",
    },
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": {
        "DigitalSourceType": "digital_source_type", "AISystemUsed": "ai_system",
        "AIPromptInformation": "ai_prompt",
    },
}  # fmt: skip
_NAMES = {f"{space} {local}": name for space, names in _NAMESPACES.items() for local, name in names.items()}
_LISTS = frozenset({"creator", "keywords", "publisher", "contributor", "language"})


def read_xmp(packet: bytes, collected: Collected) -> None:
    """Collect the properties. Raises what expat raises for XML that is not well-formed, and `Unreadable`."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.buffer_text = True
    parser.Parse(packet.strip(b"\0 \r\n\t"), True)
    for name, texts in reader.found.items():
        collected.add("xmp", name, [*texts] if name in _LISTS else texts[0])


def _refuse(*_: Any) -> None:
    raise Unreadable("An XMP packet has no document type.")


class _Reader:
    """Properties by name. One may be an attribute, an element with text, or one with a list of alternatives."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}
        self._path: list[str] = []
        self._property: tuple[str, int] | None = None
        self._is_default = False
        self._text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        self._path.append(name)
        if len(self._path) > _MAX_DEPTH:
            raise Unreadable("The XMP packet is nested too deeply.")
        self._text, self._is_default = [], attributes.get(_LANGUAGE) == "x-default"
        if name == f"{_RDF} Description" and self._property is None:
            for attribute, value in attributes.items():
                self._add(_NAMES.get(attribute), value)
        elif self._property is None and name in _NAMES and self._path[-2:-1] == [f"{_RDF} Description"]:
            self._property = _NAMES[name], len(self._path)
            self._add(_NAMES[name], attributes.get(f"{_RDF} resource", ""))

    def text(self, text: str) -> None:
        """Take a piece of text."""
        self._text.append(text)

    def end(self, name: str) -> None:
        """Leave an element."""
        depth = len(self._path)
        self._path.pop()
        if self._property is None:
            return
        wanted, at = self._property
        is_item = name == f"{_RDF} li" and depth == at + 2 and self._path[-1] in _CONTAINERS
        if is_item or depth == at:
            self._add(wanted, "".join(self._text), first=is_item and self._is_default)
        self._text = []
        if depth == at:
            self._property = None

    def _add(self, name: str | None, text: str, *, first: bool = False) -> None:
        """Keep the text; the default among languages goes before the others."""
        if name is None or not text.strip():
            return
        texts = self.found.setdefault(name, [])
        texts.insert(0 if first else len(texts), text.strip())
