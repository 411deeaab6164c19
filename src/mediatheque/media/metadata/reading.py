"""What a file says about itself, from the blocks that its container has for that, and the tags a demuxer found."""

from collections.abc import Mapping, Sequence

from mediatheque.errors import Unreadable
from mediatheque.media.containers.block import Block
from mediatheque.media.input_file import InputFile
from mediatheque.media.metadata import png_text
from mediatheque.media.metadata.c2pa.manifest import read_c2pa
from mediatheque.media.metadata.collected import Collected
from mediatheque.media.metadata.exif import Texts, read_exif
from mediatheque.media.metadata.generation import recognise
from mediatheque.media.metadata.id3 import read_id3
from mediatheque.media.metadata.iptc import read_iptc
from mediatheque.media.metadata.tags import read_tags
from mediatheque.media.metadata.tiff import decode
from mediatheque.media.metadata.xmp import MAX_PACKET_BYTES, read_xmp
from mediatheque.media.spliced_file import Part, Range
from mediatheque.model import EmbeddedMetadata

_MAX_BLOCK_BYTES = 2 << 20
_MAX_ALL_BYTES = 8 << 20
_EXIF, _XMP, _PHOTOSHOP = b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0", b"Photoshop 3.0\0"
_XMP_KEYWORD = "XML:com.adobe.xmp"
_JUMBF = b"JP"
_JUMBF_HEADER = 8  # of an APP11 segment: the name, the number of the box, that of the piece
_BOX_HEADER = 8


_NO_TAGS: Mapping[str, str] = {}


def read_embedded(
    source: InputFile, blocks: Sequence[Block] = (), tags: Mapping[str, str] = _NO_TAGS, *, id3: bool = False
) -> EmbeddedMetadata | None:
    """Return what the blocks and the tags say; None if that is nothing. With `id3`, the file may begin with such a tag.

    Raises nothing but `OSError`, when the disk fails.
    """
    return _Reading(source).read(blocks, tags, id3=id3) if blocks or tags or id3 else None


class _Reading:
    def __init__(self, source: InputFile) -> None:
        self._source = source
        self._collected = Collected()
        self._texts: Texts = {}
        self._left = _MAX_ALL_BYTES
        self._resources = b""
        self._jumbf: dict[bytes, list[Part]] = {}
        self._has_exif = self._has_xmp = False

    def read(self, blocks: Sequence[Block], tags: Mapping[str, str], *, id3: bool) -> EmbeddedMetadata | None:
        """Read everything, block by block: one that is damaged hides no other."""
        for block in blocks:
            with self._collected.reading(block.kind.decode("latin-1").strip()):
                self._read_block(block)
        with self._collected.reading("tags"):
            if id3:
                read_id3(self._source, self._collected)
            read_tags(tags, self._collected, self._texts)
        with self._collected.reading("iptc"):
            read_iptc(self._resources, self._collected)
        for parts in self._jumbf.values():
            with self._collected.reading("c2pa"):
                read_c2pa(self._source, parts, self._collected)
        generation = None
        with self._collected.reading("generation"):
            generation = recognise(self._texts)
        return self._collected.finish(generation)

    def _read_block(self, block: Block) -> None:
        match block.kind:
            case b"APP1":
                self._read_app1(block)
            case b"APP13":
                self._resources += self._body(block).removeprefix(_PHOTOSHOP)
            case b"APP11":
                self._add_piece(block)
            case b"COM":
                self._collected.add("text", "comment", decode(self._body(block)))
            case b"eXIf" | b"EXIF" | b"Exif":
                self._read_exif(self._body(block))
            case b"XMP " | b"XMP_":
                self._read_xmp(self._body(block))
            case b"caBX" | b"C2PA":
                self._jumbf.setdefault(b"", [Range(block.offset, block.length)])
            case kind if kind in png_text.KINDS:
                self._read_text(block)

    def _body(self, block: Block) -> bytes:
        """Return the block's body; that of one too many, or too large, is empty."""
        if block.length > min(self._left, _MAX_BLOCK_BYTES):
            self._collected.cut(block.kind.decode("latin-1").strip())
            return b""
        self._left -= block.length
        return block.read(self._source, _MAX_BLOCK_BYTES)

    def _read_app1(self, block: Block) -> None:
        body = self._body(block)
        if body.startswith(_EXIF):
            self._read_exif(body[6:])
        elif body.startswith(_XMP):
            self._read_xmp(body.removeprefix(_XMP))

    def _read_exif(self, body: bytes) -> None:
        """Read the first block of EXIF, as orientation does."""
        if body and not self._has_exif:
            self._has_exif = True
            with self._collected.reading("exif"):
                read_exif(body, self._collected, self._texts)

    def _read_xmp(self, body: bytes) -> None:
        if body and not self._has_xmp:
            self._has_xmp = True
            with self._collected.reading("xmp"):
                if len(body) > MAX_PACKET_BYTES:
                    raise Unreadable("The XMP packet is too large.")
                read_xmp(body, self._collected)

    def _read_text(self, block: Block) -> None:
        body = self._body(block)
        if not body:
            return
        with self._collected.reading("text"):
            keyword, raw = png_text.parse_text(block.kind, body)
            if keyword == _XMP_KEYWORD:
                self._read_xmp(raw)
                return
            if keyword.startswith(png_text.PROFILE):
                self._read_profile(keyword.removeprefix(png_text.PROFILE), png_text.raw_profile(raw) or b"")
                return
            self._texts.setdefault(keyword, text := decode(raw))
            if text.lstrip().startswith(("{", "[")):
                self._collected.add_unless_generated("text", keyword, text)
            else:
                self._collected.add("text", keyword, text)

    def _read_profile(self, kind: str, body: bytes) -> None:
        match kind:
            case "exif" | "APP1":
                self._read_exif(body)
            case "xmp":
                self._read_xmp(body)
            case "iptc" | "8bim":
                self._resources += body

    def _add_piece(self, block: Block) -> None:
        """Add a piece of a box of JUMBF. Each piece repeats the box's header, which is needed once."""
        header = self._source.read_up_to(_JUMBF_HEADER, block.offset)
        if header[:2] == _JUMBF and block.length > _JUMBF_HEADER + _BOX_HEADER:
            parts = self._jumbf.setdefault(header[2:4], [])
            start = _JUMBF_HEADER + (_BOX_HEADER if parts else 0)
            parts.append(Range(block.offset + start, block.length - start))
