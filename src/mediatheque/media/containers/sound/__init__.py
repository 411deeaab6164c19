"""Where the sound is in an audio file, and how long it lasts by its own parts, without decoding."""

from typing import Protocol

import msgspec


class Readable(Protocol):
    """Bytes by offset: a file, or the beginning of one."""

    @property
    def size(self) -> int:
        """The number of bytes."""
        ...

    def read_up_to(self, count: int, at: int = 0) -> bytes:
        """Return `count` bytes from `at`, or fewer at the end."""
        ...


class Sound(msgspec.Struct, frozen=True):
    """The type, the part of the file that a decoder needs, and the length, None if only a decoder can tell."""

    mime: str
    start: int
    end: int
    seconds: float | None = None
    is_open: bool = False
    """Whether `end` is only the end of the file, because nothing tells where the sound ends."""


class Head:
    """The first bytes of a file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def read_up_to(self, count: int, at: int = 0) -> bytes:
        """Return `count` bytes from `at`, or fewer at the end."""
        return self.data[at : at + count]
