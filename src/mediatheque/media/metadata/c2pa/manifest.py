"""The manifests in a JUMBF box (ISO/IEC 19566-5; C2PA 2.2 section 11): labels of boxes, and the claims in them."""

import struct
from collections.abc import Iterator, Sequence
from io import BufferedReader
from typing import Any

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.input_file import InputFile
from mediatheque.media.metadata.c2pa import cbor
from mediatheque.media.metadata.collected import Collected
from mediatheque.media.spliced_file import Part, SplicedFile

_MAX_BOXES = 2_000
_MAX_CLAIM_BYTES = 256 << 10
_MAX_LABEL_BYTES = 256
_DESCRIPTION_HEADER = 17  # the type of the content, and switches
_WIDE = 1


class _Box(msgspec.Struct, frozen=True):
    kind: bytes
    body: int
    end: int


def read_c2pa(source: InputFile, parts: Sequence[Part], collected: Collected) -> None:
    """Collect who made the active manifest, the last one, and how many there are. Other boxes of JUMBF are ignored."""
    with BufferedReader(SplicedFile(source, parts)) as file:
        store = _Store(file)
        if not store.is_c2pa:
            return
        collected.add("c2pa", "present", True)
        claims = list(store.claims())
    collected.add("c2pa", "manifests", len(claims))
    if claims:
        label, claim = claims[-1]
        collected.add("c2pa", "manifest", label)
        collected.add("c2pa", "claim_generator", _generator(claim))
        for name in ("dc:title", "dc:format"):
            collected.add("c2pa", name.removeprefix("dc:"), _text(claim.get(name)))


def _generator(claim: dict[str, Any]) -> str:
    """Return name and version of what made the claim: one of several before version 2, where it may be one text."""
    info = claim.get("claim_generator_info")
    info = info[0] if isinstance(info, list) and info else info
    if isinstance(info, dict) and _text(info.get("name")):
        return f"{_text(info.get('name'))} {_text(info.get('version'))}".strip()
    return _text(claim.get("claim_generator"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


class _Store:
    """The boxes of a manifest store: superboxes of a description, with a label, and content."""

    def __init__(self, file: "BufferedReader[SplicedFile]") -> None:
        self._file = file
        self._size = file.seek(0, 2)
        self._boxes = 0
        self._store = next(self._boxes_in(0, self._size), None)

    @property
    def is_c2pa(self) -> bool:
        """Whether this is a manifest store, and not something else in JUMBF."""
        return self._store is not None and self._store.kind == b"jumb" and self._label(self._store) == "c2pa"

    def claims(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the label and the claim of each manifest."""
        if self._store is None:
            return
        for manifest in self._boxes_in(self._store.body, self._store.end):
            if manifest.kind == b"jumb" and (claim := self._claim(manifest)):
                yield self._label(manifest), claim

    def _claim(self, manifest: _Box) -> dict[str, Any] | None:
        for box in self._boxes_in(manifest.body, manifest.end):
            if box.kind != b"jumb" or not self._label(box).startswith("c2pa.claim"):
                continue
            for content in self._boxes_in(box.body, box.end):
                if content.kind == b"cbor" and content.end - content.body <= _MAX_CLAIM_BYTES:
                    claim = cbor.parse(self._read(content.body, content.end - content.body))
                    return claim if isinstance(claim, dict) else None
        return None

    def _label(self, superbox: _Box) -> str:
        description = next(self._boxes_in(superbox.body, superbox.end), None)
        if description is None or description.kind != b"jumd":
            return ""
        start = description.body + _DESCRIPTION_HEADER
        raw = self._read(start, min(description.end - start, _MAX_LABEL_BYTES))
        return raw.split(b"\0", 1)[0].decode(errors="replace")

    def _boxes_in(self, at: int, end: int) -> Iterator[_Box]:
        while at + 8 <= end:
            self._boxes += 1
            if self._boxes > _MAX_BOXES:
                raise Unreadable("There are too many boxes in the manifest.")
            size, kind = struct.unpack(">I4s", self._read(at, 8))
            header = 8
            if size == _WIDE:
                size, header = int.from_bytes(self._read(at + 8, 8), "big"), 16
            elif size == 0:
                size = end - at
            if size < header or at + size > end:
                return
            yield _Box(kind, at + header, at + size)
            at += size

    def _read(self, at: int, count: int) -> bytes:
        self._file.seek(at)
        return self._file.read(count)
