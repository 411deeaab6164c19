"""Workers that a file has taken over. Each takes the place of the real one in a process of its own."""

import base64
import json
import socket
from collections.abc import Callable

from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.worker import GREETING

PROBE_REPLY = b'{"type":"ProbeResult","mime":"image/jpeg","width":1,"height":2}\n'


def _rogue(answer: Callable[[socket.socket], None]) -> Callable[[socket.socket, SandboxConfig], None]:
    def serve(server: socket.socket, config: SandboxConfig) -> None:
        server.sendall(GREETING)
        while server.recv(65536):
            answer(server)

    serve.__qualname__ = serve.__name__ = answer.__name__.removeprefix("_")
    return serve


def _babble(server: socket.socket) -> None:
    server.sendall(b"\0\xff not JSON\n")


def _endless(server: socket.socket) -> None:
    while True:
        server.sendall(b"x" * 4096)


def _twice(server: socket.socket) -> None:
    server.sendall(PROBE_REPLY + PROBE_REPLY)


def _unknown(server: socket.socket) -> None:
    server.sendall(b'{"type":"Run","command":"rm"}\n')


def _mistyped(server: socket.socket) -> None:
    server.sendall(b'{"type":"ProbeResult","mime":7,"width":"wide"}\n')


def _unheard_of(server: socket.socket) -> None:
    server.sendall(b'{"type":"ProbeResult","mime":"text/html"}\n')


def frames_reply(*frames: tuple[int, int, int]) -> bytes:
    """An answer with frames of a width, a height and so many bytes."""
    told = [{"width": w, "height": h, "pixels": base64.b64encode(bytes(size)).decode()} for w, h, size in frames]
    return json.dumps({"type": "FramesReply", "frames": told}, separators=(",", ":")).encode() + b"\n"


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
    "no frames but facts": PROBE_REPLY,
    "frames twice": FRAMES_REPLY + FRAMES_REPLY,
    "half an answer": FRAMES_REPLY[:-9] + b"\n",
}
"""Answers to who wants two frames with a shorter edge of 8."""


def _picturesque(server: socket.socket) -> None:
    """Pixels for who asked for facts."""
    server.sendall(frames_reply((1, 2, 6)))


def _liar(server: socket.socket) -> None:
    server.sendall(INVALID_FRAMES_REPLIES["too few pixels"])


def _flood(server: socket.socket) -> None:
    """Pixels that never end."""
    server.sendall(FRAMES_REPLY[:-9])
    while True:
        server.sendall(b"A" * 65536)


def _half(server: socket.socket) -> None:
    server.sendall(PROBE_REPLY[:20])
    server.close()


def _silent(server: socket.socket) -> None:
    pass


def _stuttering(server: socket.socket) -> None:
    """Strange, but honest."""
    for byte in PROBE_REPLY:
        server.sendall(bytes([byte]))


babble, endless, twice, unknown, mistyped, unheard_of, half, silent, stuttering = map(
    _rogue, (_babble, _endless, _twice, _unknown, _mistyped, _unheard_of, _half, _silent, _stuttering)
)
picturesque, liar, flood = map(_rogue, (_picturesque, _liar, _flood))


def stillborn(server: socket.socket, config: SandboxConfig) -> None:
    """Ends before it greets."""
