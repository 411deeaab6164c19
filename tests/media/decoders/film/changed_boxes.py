"""Changes of MP4 and QuickTime files that encoders do not make for us."""

import io
import struct

import av
from av.stream import Disposition
from PIL import Image

_WAY_TO_ENTRY = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def with_in_entry(data: bytes, entry: bytes, extra: bytes) -> bytes:
    """Append a box to the sample entry of a film whose index is at its end, so that no offset moves."""
    changed, at = bytearray(data), 0
    for kind in (*_WAY_TO_ENTRY, entry):
        at = changed.index(kind, at) - 4
        (size,) = struct.unpack_from(">I", changed, at)
        struct.pack_into(">I", changed, at, size + len(extra))
        at += 8
    changed[at - 8 + size : at - 8 + size] = extra
    return bytes(changed)


def with_pixel_shape(data: bytes, wide: int, high: int) -> bytes:
    """Replace the shape of pixels (`pasp`) that the container tells."""
    return with_in_entry(data.replace(b"pasp", b"free"), b"avc1", box(b"pasp", struct.pack(">II", wide, high)))


def with_matrix(data: bytes, a: float, b: float, c: float, d: float) -> bytes:
    """Send (x, y) to (a x + c y, b x + d y), y pointing down (ISO/IEC 14496-12 section 6.2.2)."""
    changed = bytearray(data)
    a, b, c, d = (round(n * 0x10000) for n in (a, b, c, d))
    struct.pack_into(">9i", changed, changed.index(b"tkhd") + 44, a, b, 0, c, d, 0, 0, 0, 0x40000000)
    return bytes(changed)


def with_presented_size(data: bytes, width: int, height: int) -> bytes:
    """Change the size that the track's header tells."""
    changed = bytearray(data)
    struct.pack_into(">II", changed, changed.index(b"tkhd") + 80, width << 16, height << 16)
    return bytes(changed)


def with_media_size(data: bytes, change: int) -> bytes:
    """Let the box of media say that it is longer or shorter than it is."""
    changed, at = bytearray(data), data.index(b"mdat") - 4
    struct.pack_into(">I", changed, at, struct.unpack_from(">I", changed, at)[0] + change)
    return bytes(changed)


def media_to_the_end(data: bytes) -> bytes:
    """Give the last box, which is the media, the size 0: it ends with the file."""
    at = data.index(b"mdat") - 4
    return data[:at] + bytes(4) + data[at + 4 :]


def media_in_64_bits(data: bytes) -> bytes:
    """Give the media's size in 64 bits, for which encoders leave 8 bytes free before it."""
    at = data.index(b"mdat") - 4
    assert data[at - 8 : at] == box(b"free", b"")
    (size,) = struct.unpack_from(">I", data, at)
    return data[: at - 8] + struct.pack(">I4sQ", 1, b"mdat", size + 8) + data[at + 8 :]


Track = tuple[str, tuple[int, int], int, bool | None]
"""A track: codec, size, pictures, and whether it plays by default (None: as the writer decides)."""


def film_of(*tracks: Track, muxer: str = "mp4", colours: tuple[str, ...] = ("red", "blue", "green")) -> bytes:
    """A film of several tracks, each of one colour."""
    out = io.BytesIO()
    with av.open(out, "w", format=muxer) as container:
        streams = [_add(container, *track) for track in tracks]
        for stream, (_, size, pictures, _), colour in zip(streams, tracks, colours, strict=False):
            for n in range(pictures):
                frame = av.VideoFrame.from_image(Image.new("RGB", size, colour))
                frame.pts = n
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return out.getvalue()


def _add(container, codec: str, size: tuple[int, int], _: int, default: bool | None):
    stream = container.add_stream(codec, rate=10, options={"preset": "ultrafast"} if codec == "libx264" else {})
    stream.width, stream.height = size
    stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    if default is not None:
        stream.disposition = Disposition.default if default else Disposition(0)
    return stream
