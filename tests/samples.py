"""Media files made by real encoders, and damaged or malicious files.

Every function is cached and returns whole files as bytes. `ACCEPTED` has one maker per supported media type;
`REFUSED` has one per kind of unsupported, damaged or malicious file, each of which must be refused.
"""

import functools
import io
import json
import struct
import wave
import zipfile
import zlib
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pillow_heif
from PIL import Image

ORIENTATION = 0x0112  # the EXIF tag
PICTURES = 10  # a second of video


def _picture(w: int, h: int, seed: int = 0) -> Image.Image:
    """A gradient with some noise: compresses like a photograph, differs by seed."""
    noise = np.random.default_rng(seed).integers(0, 32, (h, w, 3))
    slope = np.linspace(0, 200, w)[None, :, None] + np.linspace(0, 20, h)[:, None, None]
    return Image.fromarray((noise + slope).clip(0, 255).astype(np.uint8))


def _saved(image: Image.Image, format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif


# Images


@functools.cache
def jpeg(w: int = 64, h: int = 48, orientation: int = 1, size_about: int | None = None, seed: int = 0) -> bytes:
    """`w` x `h` as stored (orientations 5-8 swap it); padded with APP15 segments to `size_about` bytes."""
    options = {"exif": _exif(orientation)} if orientation != 1 else {}
    data = _saved(_picture(w, h, seed), "JPEG", quality=85, **options)
    return data if size_about is None else _padded_jpeg(data, size_about, seed)


def _padded_jpeg(data: bytes, size: int, seed: int) -> bytes:
    filler = np.random.default_rng(seed).integers(0, 256, max(0, size - len(data)), dtype=np.uint8).tobytes()
    blocks = [filler[at : at + 65_000] for at in range(0, len(filler), 65_000)]
    segments = b"".join(b"\xff\xef" + struct.pack(">H", len(block) + 2) + block for block in blocks)
    return data[:2] + segments + data[2:]


@functools.cache
def png(w: int = 64, h: int = 48, seed: int = 0) -> bytes:
    return _saved(_picture(w, h, seed), "PNG")


@functools.cache
def apng(w: int = 16, h: int = 16, frames: int = 3) -> bytes:
    first, *rest = [_picture(w, h, seed) for seed in range(frames)]
    return _saved(first, "PNG", save_all=True, append_images=rest)


@functools.cache
def webp(w: int = 64, h: int = 48, lossless: bool = False, orientation: int = 1, seed: int = 0) -> bytes:
    options = {"exif": _exif(orientation)} if orientation != 1 else {}
    return _saved(_picture(w, h, seed), "WEBP", lossless=lossless, **options)


@functools.cache
def animated_webp(w: int = 16, h: int = 16, frames: int = 3) -> bytes:
    first, *rest = [_picture(w, h, seed) for seed in range(frames)]
    return _saved(first, "WEBP", save_all=True, append_images=rest)


@functools.cache
def avif(w: int = 64, h: int = 48, orientation: int = 1, seed: int = 0) -> bytes:
    options = {"exif": _exif(orientation)} if orientation != 1 else {}
    return _saved(_picture(w, h, seed), "AVIF", speed=10, **options)


@functools.cache
def heic(w: int = 64, h: int = 48, orientation: int = 1, seed: int = 0) -> bytes:
    """Stored `w` x `h`; an orientation becomes HEIF's own rotation property."""
    options = {"exif": _exif(orientation).tobytes()} if orientation != 1 else {}
    out = io.BytesIO()
    pillow_heif.from_pillow(_picture(w, h, seed)).save(out, quality=50, **options)
    return out.getvalue()


@functools.cache
def gif(w: int = 64, h: int = 48, frames: int = 1, seed: int = 0) -> bytes:
    first, *rest = [_picture(w, h, seed + n) for n in range(frames)]
    return _saved(first, "GIF", save_all=bool(rest), append_images=rest)


# Video and audio


def _add_picture(container: Any, codec: str, size: tuple[int, int], rotation: int, seconds: float) -> Any:
    stream = container.add_stream(codec, rate=PICTURES, options={"preset": "ultrafast"} if "x264" in codec else {})
    stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
    if rotation:
        stream.set_display_rotation(rotation)

    def write() -> None:
        for n in range(round(seconds * PICTURES)):
            frame = av.VideoFrame.from_image(_picture(*size, n))
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    return write


def _add_tone(container: Any, codec: str, seconds: float, rate: int) -> Any:
    stream = container.add_stream(codec, rate=rate, layout="mono")
    kind = stream.codec_context.format.name

    def write() -> None:
        samples = (np.sin(np.arange(round(seconds * rate)) / 12) * 8000).astype(np.int16)
        resampler = av.AudioResampler(format=kind, layout="mono", rate=rate)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        for part in resampler.resample(frame):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))

    return write


def _encoded(
    muxer: str,
    *,
    video: str | None = None,
    audio: str | None = None,
    size: tuple[int, int] = (64, 48),
    seconds: float = 1.0,
    rotation: int = 0,
    sample_rate: int = 48_000,
    options: dict[str, str] | None = None,
    seekable: bool = True,
) -> bytes:
    out = io.BytesIO() if seekable else UnseekableFile()
    with av.open(out, "w", format=muxer, options=options or {}) as container:
        writers = []
        if video:
            writers.append(_add_picture(container, video, size, rotation, seconds))
        if audio:
            writers.append(_add_tone(container, audio, seconds, sample_rate))
        for write in writers:
            write()
    return out.getvalue()


class UnseekableFile(io.BytesIO):
    """A file that cannot seek, like a pipe, so that muxers leave sizes and durations unknown."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: Any) -> int:
        raise OSError("a pipe cannot seek")


@functools.cache
def mp4(w: int = 64, h: int = 48, seconds: float = 1.0, rotation: int = 0, audio: bool = True) -> bytes:
    """H.264 (and AAC). `w` x `h` as stored; a rotation of +-90 swaps it."""
    sound = "aac" if audio else None
    return _encoded("mp4", video="libx264", audio=sound, size=(w, h), seconds=seconds, rotation=rotation)


@functools.cache
def fragmented_mp4(seconds: float = 1.0) -> bytes:
    """Written to a pipe: an empty moov and fragments, no duration in the header."""
    flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    return _encoded("mp4", video="libx264", seconds=seconds, options=flags, seekable=False)


@functools.cache
def faststart_mp4(seconds: float = 1.0) -> bytes:
    """The moov before the mdat."""
    return _moov_first(mp4(seconds=seconds, audio=False))


@functools.cache
def mov(w: int = 64, h: int = 48, seconds: float = 1.0, rotation: int = 0, audio: bool = True) -> bytes:
    sound = "aac" if audio else None
    return _encoded("mov", video="libx264", audio=sound, size=(w, h), seconds=seconds, rotation=rotation)


@functools.cache
def webm(w: int = 64, h: int = 48, seconds: float = 1.0, audio: bool = True) -> bytes:
    sound = "libopus" if audio else None
    return _encoded("webm", video="libvpx", audio=sound, size=(w, h), seconds=seconds)


@functools.cache
def streamed_webm(w: int = 64, h: int = 48, seconds: float = 1.0) -> bytes:
    """As a browser's MediaRecorder writes it: unknown segment size, no duration."""
    return _encoded("webm", video="libvpx", size=(w, h), seconds=seconds, options={"live": "1"}, seekable=False)


@functools.cache
def audio_webm(seconds: float = 1.0) -> bytes:
    return _encoded("webm", audio="libopus", seconds=seconds)


@functools.cache
def matroska(seconds: float = 1.0) -> bytes:
    """Matroska that is not WebM, which is not supported."""
    return _encoded("matroska", video="libx264", seconds=seconds)


@functools.cache
def mp3(seconds: float = 1.0, id3: bool = True, cover: int = 0) -> bytes:
    """With or without an ID3v2 tag; `cover` is the approximate size of a picture in the tag."""
    flags = {"id3v2_version": "3"} if id3 else {"id3v2_version": "0", "write_xing": "0"}
    data = _encoded("mp3", audio="libmp3lame", seconds=seconds, sample_rate=44_100, options=flags)
    return _id3_cover(cover) + data if cover else data


def _id3_cover(size: int) -> bytes:
    apic = b"\x00image/jpeg\x00\x03\x00" + jpeg(size_about=size)
    frames = b"APIC" + struct.pack(">I", len(apic)) + b"\x00\x00" + apic
    synchsafe = bytes((len(frames) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + synchsafe + frames


@functools.cache
def wav(seconds: float = 1.0, rate: int = 8_000) -> bytes:
    """16-bit mono PCM."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes((np.sin(np.arange(round(seconds * rate)) / 9) * 9000).astype("<i2").tobytes())
    return out.getvalue()


@functools.cache
def streamed_wav(seconds: float = 1.0) -> bytes:
    """As FFmpeg writes to a pipe: RIFF and data sizes of 0xFFFFFFFF."""
    return _encoded("wav", audio="pcm_s16le", seconds=seconds, sample_rate=8_000, seekable=False)


@functools.cache
def m4a(seconds: float = 1.0) -> bytes:
    return _encoded("ipod", audio="aac", seconds=seconds)


@functools.cache
def ogg(seconds: float = 1.0) -> bytes:
    return _encoded("ogg", audio="libopus", seconds=seconds)


@functools.cache
def aac(seconds: float = 1.0) -> bytes:
    """In ADTS: frames alone, as radio stations send them."""
    return _encoded("adts", audio="aac", seconds=seconds)


@functools.cache
def mp2(seconds: float = 1.0) -> bytes:
    """MPEG audio of layer II, which is not supported."""
    return _encoded("mp2", audio="mp2", seconds=seconds)


@functools.cache
def ac3(seconds: float = 1.0) -> bytes:
    """Dolby Digital, which is not supported."""
    return _encoded("ac3", audio="ac3", seconds=seconds)


@functools.cache
def encoded_wav(codec: str, seconds: float = 1.0, rf64: bool = False) -> bytes:
    """Any codec that FFmpeg writes into WAV; `rf64` writes the sizes of files over 4 GiB."""
    flags = {"rf64": "always"} if rf64 else {}
    return _encoded("wav", audio=codec, seconds=seconds, sample_rate=48_000, options=flags)


@functools.cache
def ogg_flac(seconds: float = 1.0) -> bytes:
    return _encoded("ogg", audio="flac", seconds=seconds)


@functools.cache
def low_rate_mp3(seconds: float = 1.0, rate: int = 22_050) -> bytes:
    """MPEG-2 at 16 to 24 kHz, MPEG-2.5 below."""
    return _encoded("mp3", audio="libmp3lame", seconds=seconds, sample_rate=rate)


@functools.cache
def id3_tag(size: int) -> bytes:
    """An ID3v2.4 tag with `size` bytes of padding."""
    return b"ID3\x04\0\0" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + bytes(size)


@functools.cache
def flac(seconds: float = 1.0) -> bytes:
    return _encoded("flac", audio="flac", seconds=seconds, sample_rate=44_100)


# Models and documents


def _glb(document: dict[str, Any], binary: bytes) -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def _triangle() -> tuple[dict[str, Any], bytes]:
    binary = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0) + struct.pack("<3H", 0, 1, 2)
    document = {
        "asset": {"version": "2.0", "generator": "mediatheque tests"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "buffers": [{"byteLength": len(binary)}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 36, "target": 34962},
            {"buffer": 0, "byteOffset": 36, "byteLength": 6, "target": 34963},
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 0]},
            {"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"},
        ],
    }
    return document, binary


@functools.cache
def glb() -> bytes:
    """One triangle."""
    return _glb(*_triangle())


@functools.cache
def pdf(pages: int = 1) -> bytes:
    """A valid PDF of blank A6 pages with a line of text."""
    kids = " ".join(f"{3 + 2 * n} 0 R" for n in range(pages))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>"]
    for n in range(pages):
        text = f"BT /F1 18 Tf 20 200 Td (page {n + 1}) Tj ET"
        font = "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
        page = f"/Type /Page /Parent 2 0 R /MediaBox [0 0 298 420] /Resources {font} /Contents {4 + 2 * n} 0 R"
        objects += [f"<< {page} >>", f"<< /Length {len(text)} >>\nstream\n{text}\nendstream"]
    return pdf_file(objects)


def pdf_file(objects: list[str]) -> bytes:
    out, offsets = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    rows = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}"
    return out + f"{table}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n".encode()


@functools.cache
def srt() -> bytes:
    return "1\n00:00:00,000 --> 00:00:01,500\nGrüße aus Köln\n\n2\n00:00:02,000 --> 00:00:03,000\n<i>two</i>\n".encode()


# Files that only pretend


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@functools.cache
def huge_png_header(w: int = 50_000, h: int = 50_000) -> bytes:
    """A few hundred bytes that would decode to gigabytes."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + png_chunk(b"IEND", b"")


@functools.cache
def huge_webp_header() -> bytes:
    """The largest canvas that VP8X can state, with a picture of one pixel."""
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + b"\xff\xff\xff" * 2 + webp(1, 1)[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


@functools.cache
def huge_gif() -> bytes:
    """A small screen in too many frames: each frame is a few bytes, together they are gigapixels."""
    screen = b"GIF89a" + struct.pack("<HHBBB", 16_000, 12_000, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 16_000, 12_000, 0) + b"\x02\x02\x4c\x01\x00"
    return screen + frame * 4_000 + b"\x3b"


def _boxes(data: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append(data[at : at + size])
        at += size
    return found


def _moov_first(data: bytes) -> bytes:
    """Move moov behind ftyp and adjust its chunk offsets, as `qt-faststart` does."""
    boxes = {box[4:8]: box for box in _boxes(data)}
    moov = boxes[b"moov"]
    at = moov.find(b"stco")
    (count,) = struct.unpack_from(">I", moov, at + 8)
    offsets = struct.unpack_from(f">{count}I", moov, at + 12)
    moved = struct.pack(f">{count}I", *(offset + len(moov) for offset in offsets))
    moov = moov[: at + 12] + moved + moov[at + 12 + len(moved) :]
    rest = [box for box in _boxes(data) if box[4:8] not in (b"ftyp", b"moov")]
    return boxes[b"ftyp"] + moov + b"".join(rest)


@functools.cache
def mp4_without_moov() -> bytes:
    return b"".join(box for box in _boxes(mp4()) if box[4:8] != b"moov")


@functools.cache
def playlist_as_mp4(target: str = "http://127.0.0.1:9/secret.ts") -> bytes:
    """An HLS playlist in a file of another type."""
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n".encode()


@functools.cache
def ffconcat(target: str = "/etc/passwd") -> bytes:
    return f"ffconcat version 1.0\nfile '{target}'\n".encode()


@functools.cache
def sdp() -> bytes:
    head = b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    return head + b"m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"


@functools.cache
def dash() -> bytes:
    return b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period/></MPD>'


@functools.cache
def svg() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@functools.cache
def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.txt", "hidden")
    return out.getvalue()


def _cut(data: bytes, keep: float) -> bytes:
    return data[: round(len(data) * keep)]


def truncated_jpeg() -> bytes:
    return jpeg()[:150]


def truncated_png() -> bytes:
    return _cut(png(), 0.5)


def truncated_webp() -> bytes:
    return _cut(webp(), 0.5)


def truncated_gif() -> bytes:
    return _cut(gif(), 0.5)


def truncated_heic() -> bytes:
    return _cut(heic(), 0.5)


def truncated_avif() -> bytes:
    return _cut(avif(), 0.5)


def truncated_mp4() -> bytes:
    return _cut(mp4(), 0.5)


def truncated_faststart_mp4() -> bytes:
    return _cut(faststart_mp4(), 0.8)


def truncated_mov() -> bytes:
    return _cut(mov(), 0.5)


def truncated_webm() -> bytes:
    return _cut(webm(), 0.5)


def truncated_glb() -> bytes:
    return _cut(glb(), 0.7)


def truncated_pdf() -> bytes:
    return pdf()[:60]


def png_zip_polyglot() -> bytes:
    return png() + _zip()


def jpeg_zip_polyglot() -> bytes:
    return jpeg() + _zip()


def mp3_zip_polyglot() -> bytes:
    return mp3() + _zip()


def pdf_zip_polyglot() -> bytes:
    return pdf() + _zip()


def png_text_zip_polyglot() -> bytes:
    """The archive inside a valid chunk, so that the chunks still fill the PNG."""
    data = png()
    return data[:-12] + png_chunk(b"zzZz", _zip()) + data[-12:]


def jpeg_pdf_polyglot() -> bytes:
    data = jpeg()
    return data[:2] + b"\xff\xfe" + struct.pack(">H", 12) + b"%PDF-1.7\n%" + data[2:]


def gif_html() -> bytes:
    """`GIF89a` that a browser which sniffs content would run as a script."""
    return b"GIF89a/*" + b"\0" * 8 + b"*/=1;<html><script>alert(1)</script></html>"


def gif_with_tail() -> bytes:
    return gif() + bytes(9) + elf()


def webp_with_tail() -> bytes:
    return webp() + b"\n" + b"Rar!\x1a\x07\x01\0 an archive, say"


def wav_with_tail() -> bytes:
    return wav() + bytes(9) + elf()


def mp2_behind_id3() -> bytes:
    return id3_tag(100) + mp2()


def ac3_behind_id3() -> bytes:
    return id3_tag(100) + ac3()


def m4a_behind_id3() -> bytes:
    return id3_tag(100) + m4a()


def mp4_with_tail() -> bytes:
    return mp4() + b"MZ\x90\x00 an executable, say"


def glb_with_tail() -> bytes:
    return glb() + bytes(9) + elf()


def glb_with(change: Callable[[dict[str, Any]], Any]) -> bytes:
    document, binary = _triangle()
    change(document)
    return _glb(document, binary)


def glb_absurd_counts() -> bytes:
    """An accessor of four thousand million vertices over 36 bytes."""
    return glb_with(lambda doc: doc["accessors"][0].update(count=4_000_000_000))


def glb_absurd_sparse() -> bytes:
    """A count without a buffer view: a loader would allocate memory, but the file has no bytes for it."""

    def change(doc: dict[str, Any]) -> None:
        doc["accessors"][0].pop("bufferView")
        doc["accessors"][0]["count"] = 4_000_000_000

    return glb_with(change)


def glb_view_outside() -> bytes:
    return glb_with(lambda doc: doc["bufferViews"][1].update(byteLength=4_000_000))


def glb_absurd_buffer() -> bytes:
    return glb_with(lambda doc: doc["buffers"][0].update(byteLength=1 << 50))


def glb_external_buffer() -> bytes:
    """A buffer that a viewer would fetch from another server."""
    return glb_with(lambda doc: doc["buffers"].append({"uri": "file:///etc/passwd", "byteLength": 10}))


def glb_deep_json() -> bytes:
    text = b'{"asset":{"version":"2.0"},"extras":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    text += b" " * (-len(text) % 4)
    return struct.pack("<4sIIII", b"glTF", 2, 20 + len(text), len(text), 0x4E4F534A) + text


def glb_version_1() -> bytes:
    return b"glTF" + struct.pack("<I", 1) + glb()[8:]


def jpeg_magic_only() -> bytes:
    return b"\xff\xd8\xff\xe0" + b"not a picture at all " * 20


def png_magic_only() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"not a picture at all " * 20


def webp_magic_only() -> bytes:
    body = b"WEBPVP8 " + b"nonsense" * 20
    return b"RIFF" + struct.pack("<I", len(body)) + body


def mp4_magic_only() -> bytes:
    return b"\0\0\0\x18ftypisom\0\0\2\0isommp42" + b"not a film at all " * 20


def webm_magic_only() -> bytes:
    return b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm" + b"not a film at all " * 20


def mp3_magic_only() -> bytes:
    return b"ID3\x03\0\0\0\0\0\x0a" + b"not a sound at all " * 200


def wav_magic_only() -> bytes:
    body = b"WAVE" + b"not a sound!" * 20
    return b"RIFF" + struct.pack("<I", len(body)) + body


def ogg_magic_only() -> bytes:
    return b"OggS\0\2" + b"\0" * 20 + b"\x01\x08OpusHead" + b"not a sound" * 20


def flac_magic_only() -> bytes:
    return b"fLaC" + b"not a sound at all " * 20


def heic_magic_only() -> bytes:
    return b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\x10metagarbage!"


def pdf_magic_only() -> bytes:
    return b"%PDF-1.7\n" + b"not a document at all\n" * 20


def pdf_encrypted() -> bytes:
    """Encrypted with the standard handler and an unknown password."""
    body = pdf()
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> /P -4 >>"
    return body.replace(b"/Root 1 0 R", b"/Root 1 0 R " + lock + b" /ID [<00> <00>]")


def html() -> bytes:
    return b"<!doctype html><html><script>alert(1)</script></html>"


def elf() -> bytes:
    return b"\x7fELF\x02\x01\x01" + b"\0" * 200


def plain_zip() -> bytes:
    return _zip()


def truncated_zip() -> bytes:
    return _zip()[:-30]


def empty_zip() -> bytes:
    """An empty directory, behind bytes that look like the beginning of a file."""
    return b"PK\x03\x04" + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, 0, 4, 0)


def text() -> bytes:
    return b"just some words, and nothing else\n" * 4


ACCEPTED: dict[str, Callable[[], bytes]] = {
    "image/jpeg": jpeg,
    "image/png": png,
    "image/webp": webp,
    "image/heic": heic,
    "image/avif": avif,
    "image/gif": gif,
    "video/mp4": mp4,
    "video/quicktime": mov,
    "video/webm": webm,
    "audio/mpeg": mp3,
    "audio/aac": aac,
    "audio/wav": wav,
    "audio/mp4": m4a,
    "audio/ogg": ogg,
    "audio/flac": flac,
    "audio/webm": audio_webm,
    "model/gltf-binary": glb,
    "application/pdf": pdf,
    "application/x-subrip": srt,
    "application/zip": plain_zip,
}

# No known magic: intake refuses these as an unsupported kind.
UNSUPPORTED: dict[str, Callable[[], bytes]] = {
    name: globals()[name]
    for name in ("playlist_as_mp4", "ffconcat", "sdp", "dash", "svg", "html", "elf", "text", "matroska")
}

# The right magic, and yet refused by the probe.
DAMAGED: dict[str, Callable[[], bytes]] = {
    name: globals()[name]
    for name in (
        *("truncated_zip", "empty_zip"),
        *("huge_png_header", "huge_webp_header", "huge_gif", "mp4_without_moov"),
        *("truncated_jpeg", "truncated_png", "truncated_webp", "truncated_gif", "truncated_heic", "truncated_avif"),
        *("truncated_mp4", "truncated_faststart_mp4", "truncated_mov", "truncated_webm"),
        *("truncated_glb", "truncated_pdf"),
        *("png_zip_polyglot", "jpeg_zip_polyglot", "mp3_zip_polyglot", "pdf_zip_polyglot", "png_text_zip_polyglot"),
        *("jpeg_pdf_polyglot", "gif_html", "gif_with_tail"),
        *("webp_with_tail", "wav_with_tail", "mp4_with_tail", "glb_with_tail"),
        *("glb_absurd_counts", "glb_absurd_sparse", "glb_view_outside", "glb_absurd_buffer", "glb_external_buffer"),
        *("glb_deep_json", "glb_version_1"),
        *("jpeg_magic_only", "png_magic_only", "webp_magic_only", "mp4_magic_only", "webm_magic_only"),
        *("mp3_magic_only", "wav_magic_only", "ogg_magic_only", "flac_magic_only", "heic_magic_only"),
        *("mp2_behind_id3", "ac3_behind_id3", "m4a_behind_id3"),
        *("pdf_magic_only", "pdf_encrypted"),
    )
}

REFUSED: dict[str, Callable[[], bytes]] = {**UNSUPPORTED, **DAMAGED}
