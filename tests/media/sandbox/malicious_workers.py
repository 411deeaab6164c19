"""Workers that a file has taken control of. Each replaces the real one, in a process of its own."""

import base64
import json
import socket
from collections.abc import Callable

from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.worker import GREETING

PROBE_REPLY = b'{"type":"ProbeResult","mime":"image/jpeg","width":1,"height":2}\n'


def _worker(reply: Callable[[socket.socket], None]) -> Callable[[socket.socket, SandboxConfig], None]:
    def serve(server: socket.socket, config: SandboxConfig) -> None:
        server.sendall(GREETING)
        while server.recv(65536):
            reply(server)

    serve.__qualname__ = serve.__name__ = reply.__name__.removeprefix("_")
    return serve


def _not_json(server: socket.socket) -> None:
    server.sendall(b"\0\xff not JSON\n")


def _endless(server: socket.socket) -> None:
    while True:
        server.sendall(b"x" * 4096)


def _two_replies(server: socket.socket) -> None:
    server.sendall(PROBE_REPLY + PROBE_REPLY)


def _unknown_type(server: socket.socket) -> None:
    server.sendall(b'{"type":"Run","command":"rm"}\n')


def _mistyped(server: socket.socket) -> None:
    server.sendall(b'{"type":"ProbeResult","mime":7,"width":"wide"}\n')


def _unsupported_mime(server: socket.socket) -> None:
    server.sendall(b'{"type":"ProbeResult","mime":"text/html"}\n')


def frames_reply(*frames: tuple[int, int, int]) -> bytes:
    """A reply with frames, each given as width, height and number of bytes."""
    encoded = [{"width": w, "height": h, "pixels": base64.b64encode(bytes(size)).decode()} for w, h, size in frames]
    return json.dumps({"type": "FramesReply", "frames": encoded}, separators=(",", ":")).encode() + b"\n"


FRAMES_REPLY = frames_reply((4, 4, 48))
INVALID_FRAMES_REPLIES = {
    "too few pixels": frames_reply((4, 4, 47)),
    "too many pixels": frames_reply((4, 4, 49)),
    "no pixels at all": frames_reply((0, 4, 0)),
    "sizes whose product is right": frames_reply((-4, -4, 48)),
    "a frame too wide": frames_reply((33, 1, 99)),
    "a frame too large": frames_reply((9, 9, 243)),
    "more frames than wanted": frames_reply(*[(4, 4, 48)] * 3),
    "one good frame, one bad": frames_reply((4, 4, 48), (4, 5, 48)),
    "pixels that are not base64": FRAMES_REPLY.replace(b"AAAA", b"A?AA", 1),
    "a width that is text": FRAMES_REPLY.replace(b'"width":4', b'"width":"4"'),
    "a probe result": PROBE_REPLY,
    "frames twice": FRAMES_REPLY + FRAMES_REPLY,
    "half a reply": FRAMES_REPLY[:-9] + b"\n",
}
"""Invalid replies to a request for two frames with a shorter edge of 8."""


def _frames_to_a_probe(server: socket.socket) -> None:
    """Frames in reply to a probe."""
    server.sendall(frames_reply((1, 2, 6)))


def _too_few_pixels(server: socket.socket) -> None:
    server.sendall(INVALID_FRAMES_REPLIES["too few pixels"])


def _endless_pixels(server: socket.socket) -> None:
    """A reply whose pixels never end."""
    server.sendall(FRAMES_REPLY[:-9])
    while True:
        server.sendall(b"A" * 65536)


def _half_a_reply(server: socket.socket) -> None:
    server.sendall(PROBE_REPLY[:20])
    server.close()


def _silent(server: socket.socket) -> None:
    pass


def _byte_by_byte(server: socket.socket) -> None:
    """A valid reply in many writes."""
    for byte in PROBE_REPLY:
        server.sendall(bytes([byte]))


not_json, endless, two_replies, unknown_type, mistyped, unsupported_mime, half_a_reply, silent, byte_by_byte = map(
    _worker,
    (
        _not_json,
        _endless,
        _two_replies,
        _unknown_type,
        _mistyped,
        _unsupported_mime,
        _half_a_reply,
        _silent,
        _byte_by_byte,
    ),
)
frames_to_a_probe, too_few_pixels, endless_pixels = map(_worker, (_frames_to_a_probe, _too_few_pixels, _endless_pixels))


def exits_at_once(server: socket.socket, config: SandboxConfig) -> None:
    """Exit before the greeting."""
