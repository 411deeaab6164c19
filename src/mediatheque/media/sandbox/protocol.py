"""Messages between the server and a worker process: one line of JSON each way, for one file at a time.

The file that a worker opened may have taken control of it. So the server accepts these message types alone, each only
as the reply to its own request, and no more bytes than that reply can have.
"""

import re

import msgspec

from mediatheque.media.decoders import ProbeResult
from mediatheque.media.formats import FORMATS
from mediatheque.media.frames import Frame, max_frame_bytes
from mediatheque.media.metadata.collected import MAX_EMBEDDED_BYTES

_MAX_TEXT_LENGTH = 4_000
_MAX_TEXT_REPLY_BYTES = 64 << 10  # of a reply without pixels; only a compromised worker sends more
_MAX_PROBE_REPLY_BYTES = MAX_EMBEDDED_BYTES + _MAX_TEXT_REPLY_BYTES
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # as JSON writes it: PostgreSQL refuses texts with one


class ProbeRequest(msgspec.Struct, frozen=True, tag=True):
    """A request for the type and metadata of a file.

    `path` is in the system's encoding and may not be valid Unicode; None when a descriptor of the file comes with the
    request.
    """

    path: bytes | None
    mime: str


class RenderRequest(msgspec.Struct, frozen=True, tag=True):
    """A request for at most `max_frames` frames of a file, whose shorter edge is about `edge` pixels."""

    path: bytes
    mime: str
    max_frames: int
    edge: int


class FramesReply(msgspec.Struct, frozen=True, tag=True):
    """The frames. In JSON, pixels are in base64."""

    frames: list[Frame]


class RefusedReply(msgspec.Struct, frozen=True, tag=True):
    """The file is not what it claims to be."""

    message: str


class ReadErrorReply(msgspec.Struct, frozen=True, tag=True):
    """The operating system could not read the file, so it was not examined."""

    errno: int | None
    message: str


class CrashReply(msgspec.Struct, frozen=True, tag=True):
    """A decoder raised an unexpected exception."""

    traceback: str


Request = ProbeRequest | RenderRequest
Reply = ProbeResult | FramesReply | RefusedReply | ReadErrorReply | CrashReply

_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_replies: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)


def encode_line(message: Request | Reply) -> bytes:
    """Encode the message as one line: JSON contains no line breaks."""
    return msgspec.json.encode(message) + b"\n"


def decode_request(line: bytes) -> Request:
    """Decode what the server sent."""
    return _requests.decode(line)


def max_reply_bytes(request: Request) -> int:
    """Return the size of the longest line that can be a reply to the request."""
    if isinstance(request, ProbeRequest):
        return _MAX_PROBE_REPLY_BYTES
    return _MAX_TEXT_REPLY_BYTES + request.max_frames * (4 * max_frame_bytes(request.edge) // 3)


def decode_reply(request: Request, line: bytes | bytearray) -> Reply:
    """Decode what the worker sent. Raises `msgspec.DecodeError` when it is not one reply to this request."""
    try:
        reply = _replies.decode(line)
    except (RecursionError, UnicodeDecodeError) as error:
        raise msgspec.ValidationError("nested too deeply, or not UTF-8") from error
    if isinstance(reply, ProbeResult | FramesReply) and not _matches(request, reply):
        raise msgspec.ValidationError("not a reply to this request")
    if isinstance(reply, ProbeResult) and reply.embedded and _NUL.search(line):
        raise msgspec.ValidationError("no text has a NUL in it")
    return reply


def _matches(request: Request, reply: ProbeResult | FramesReply) -> bool:
    if isinstance(request, ProbeRequest):
        return isinstance(reply, ProbeResult) and reply.mime in FORMATS
    return (
        isinstance(reply, FramesReply)
        and len(reply.frames) <= request.max_frames
        and all(frame.fits(request.edge) for frame in reply.frames)
    )


def to_plain_text(text: str) -> str:
    """Return the end of the text, at most 4,000 characters, without characters that UTF-8 cannot encode."""
    return text[-_MAX_TEXT_LENGTH:].encode(errors="replace").decode()
