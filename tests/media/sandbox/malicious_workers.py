"""Workers that a file has taken over. Each takes the place of the real one in a process of its own."""

import base64
import json
import socket
from collections.abc import Callable

from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.worker import GREETING

FOUND = b'{"type":"Found","mime":"image/jpeg","width":1,"height":2}\n'


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
    server.sendall(FOUND + FOUND)


def _unknown(server: socket.socket) -> None:
    server.sendall(b'{"type":"Run","command":"rm"}\n')


def _mistyped(server: socket.socket) -> None:
    server.sendall(b'{"type":"Found","mime":7,"width":"wide"}\n')


def _unheard_of(server: socket.socket) -> None:
    server.sendall(b'{"type":"Found","mime":"text/html"}\n')


def _shown(*frames: tuple[int, int, int]) -> bytes:
    """An answer with frames of a width, a height and so many bytes."""
    told = [{"width": w, "height": h, "pixels": base64.b64encode(bytes(size)).decode()} for w, h, size in frames]
    return json.dumps({"type": "Shown", "frames": told}, separators=(",", ":")).encode() + b"\n"


SHOWN = _shown((4, 4, 48))
LIES = {
    "too few pixels": _shown((4, 4, 47)),
    "too many pixels": _shown((4, 4, 49)),
    "no pixels at all": _shown((0, 4, 0)),
    "sizes whose product is right": _shown((-4, -4, 48)),
    "a frame too wide": _shown((33, 1, 99)),
    "a frame too large": _shown((9, 9, 243)),
    "more frames than wanted": _shown(*[(4, 4, 48)] * 3),
    "one good frame, one bad": _shown((4, 4, 48), (4, 5, 48)),
    "pixels that are not base64": SHOWN.replace(b"AAAA", b"A?AA", 1),
    "a width that is text": SHOWN.replace(b'"width":4', b'"width":"4"'),
    "no frames but facts": FOUND,
    "frames twice": SHOWN + SHOWN,
    "half an answer": SHOWN[:-9] + b"\n",
}
"""Answers to who wants two frames with a shorter edge of 8."""


def _picturesque(server: socket.socket) -> None:
    """Pixels for who asked for facts."""
    server.sendall(_shown((1, 2, 6)))


def _liar(server: socket.socket) -> None:
    server.sendall(LIES["too few pixels"])


def _flood(server: socket.socket) -> None:
    """Pixels that never end."""
    server.sendall(SHOWN[:-9])
    while True:
        server.sendall(b"A" * 65536)


def _half(server: socket.socket) -> None:
    server.sendall(FOUND[:20])
    server.close()


def _silent(server: socket.socket) -> None:
    pass


def _stuttering(server: socket.socket) -> None:
    """Strange, but honest."""
    for byte in FOUND:
        server.sendall(bytes([byte]))


babble, endless, twice, unknown, mistyped, unheard_of, half, silent, stuttering = map(
    _rogue, (_babble, _endless, _twice, _unknown, _mistyped, _unheard_of, _half, _silent, _stuttering)
)
picturesque, liar, flood = map(_rogue, (_picturesque, _liar, _flood))


def stillborn(server: socket.socket, config: SandboxConfig) -> None:
    """Ends before it greets."""
