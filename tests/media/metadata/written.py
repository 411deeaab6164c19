"""Files with metadata by the writers that people use: Pillow, mutagen, FFmpeg; and blocks that they do not write."""

import io
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import msgspec
from PIL import Image, PngImagePlugin

from mediatheque.media.decoders import ProbeResult
from tests import samples
from tests.media.examine import examine

MAKE, MODEL, SOFTWARE, DESCRIPTION, USER_COMMENT, MAKER_NOTE = 0x010F, 0x0110, 0x0131, 0x010E, 0x9286, 0x927C


def read(tmp_path: Path, data: bytes) -> dict[str, Any]:
    """Probe the file as intake does, and return `data` and `generation` of what it says, as JSON has them."""
    return said(examine(tmp_path / "file", data))


def said(result: ProbeResult) -> dict[str, Any]:
    return msgspec.json.decode(msgspec.json.encode(result.embedded)) or {"data": {}, "generation": None}


def generation(tmp_path: Path, data: bytes) -> dict[str, Any]:
    """What the file says of its generation, without what it does not say."""
    found = read(tmp_path, data)["generation"]
    return {name: value for name, value in (found or {}).items() if value is not None}


def picture() -> Image.Image:
    return Image.open(io.BytesIO(samples.png()))


def png(texts: Mapping[str, str], *, packed: bool = False, exif: Image.Exif | None = None) -> bytes:
    """A PNG with texts: Pillow writes tEXt or, for what Latin-1 has not, iTXt; and zTXt if `packed`."""
    info = PngImagePlugin.PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text, zip=packed)
    return saved("PNG", pnginfo=info, **({"exif": exif} if exif else {}))


def saved(kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture().convert("RGB").save(out, kind, **options)
    return out.getvalue()


def exif_of(values: Mapping[int, Any], photo: Mapping[int, Any] | None = None) -> Image.Exif:
    exif = Image.Exif()
    for tag, value in values.items():
        exif[tag] = value
    exif.get_ifd(0x8769).update(photo or {})
    return exif


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg_with(*segments: bytes) -> bytes:
    data = samples.jpeg()
    return data[:2] + b"".join(segments) + data[2:]


def film(kind: str, metadata: Mapping[str, str], **options: str) -> bytes:
    """A film of ten pictures by FFmpeg, with these tags."""
    out = io.BytesIO()
    with av.open(out, "w", format=kind, options=options) as container:
        container.metadata.update(metadata)
        stream = container.add_stream("libvpx" if kind == "webm" else "libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(10):
            frame = av.VideoFrame.from_image(picture().convert("RGB"))
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()
