"""What the server and a worker process say to each other: one line of JSON each way, for one file at a time.

A worker may have been taken over by the file it opened: the server reads these few shapes from it and nothing else,
each only in answer to its own question, and no more bytes than that answer can have.
"""

import msgspec

from mediatheque.media.decoders import ProbeResult
from mediatheque.media.formats import FORMATS
from mediatheque.media.frames import Frame, largest_frame

_LONGEST_TEXT = 4_000
_LONGEST_WORDS = 64 << 10  # bytes of an answer without pixels; a worker that says more is not the one we started


class ProbeRequest(msgspec.Struct, frozen=True, tag=True):
    """What is this file? `path` is as the system knows it, which need not be Unicode."""

    path: bytes
    mime: str


class RenderRequest(msgspec.Struct, frozen=True, tag=True):
    """What does this file look like? In at most `most` frames whose shorter edge is about `edge` pixels."""

    path: bytes
    mime: str
    most: int
    edge: int


class FramesReply(msgspec.Struct, frozen=True, tag=True):
    """The file looks like this. JSON has the pixels in base64."""

    frames: list[Frame]


class RefusedReply(msgspec.Struct, frozen=True, tag=True):
    """The file is not what it claims to be."""

    message: str


class ReadErrorReply(msgspec.Struct, frozen=True, tag=True):
    """The system did not let the file be read; the file itself was not judged."""

    errno: int | None
    message: str


class CrashReply(msgspec.Struct, frozen=True, tag=True):
    """A decoder failed in a way that none of us knew."""

    traceback: str


Request = ProbeRequest | RenderRequest
Answer = ProbeResult | FramesReply | RefusedReply | ReadErrorReply | CrashReply

_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


def line(message: Request | Answer) -> bytes:
    """The message as it is sent. JSON has no line break of its own."""
    return msgspec.json.encode(message) + b"\n"


def request_in(line: bytes) -> Request:
    """What the server wants."""
    return _requests.decode(line)


def longest_answer(request: Request) -> int:
    """Bytes of the longest line that answers the request."""
    if isinstance(request, ProbeRequest):
        return _LONGEST_WORDS
    return _LONGEST_WORDS + request.most * (4 * largest_frame(request.edge) // 3)


def answer_to(request: Request, line: bytes | bytearray) -> Answer:
    """What the worker found. Raises msgspec.DecodeError for anything but exactly one answer to this request."""
    answer = _answers.decode(line)
    if isinstance(answer, ProbeResult | FramesReply) and not _answers_it(request, answer):
        raise msgspec.ValidationError("not an answer to what was asked")
    return answer


def _answers_it(request: Request, answer: ProbeResult | FramesReply) -> bool:
    if isinstance(request, ProbeRequest):
        return isinstance(answer, ProbeResult) and answer.mime in FORMATS
    return (
        isinstance(answer, FramesReply)
        and len(answer.frames) <= request.most
        and all(frame.fits(request.edge) for frame in answer.frames)
    )


def plain(text: str) -> str:
    """A text of any origin, short enough and fit to be sent."""
    return text[-_LONGEST_TEXT:].encode(errors="replace").decode()
