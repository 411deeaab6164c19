"""Where a file keeps what it says about itself."""

import msgspec

from mediatheque.media.input_file import InputFile

MAX_BLOCKS = 4_096
"""Blocks of one file that are remembered: a C2PA manifest of 64 MB in a JPEG has a thousand."""


class Block(msgspec.Struct, frozen=True):
    """A part of the container by the container's own name for it, and where its body is."""

    kind: bytes
    offset: int
    length: int

    def read(self, source: InputFile, limit: int) -> bytes:
        """Return the body, or its first `limit` bytes."""
        return source.read_up_to(min(self.length, limit), self.offset)


def remember(blocks: list[Block], block: Block) -> None:
    """Append the block, unless there are too many."""
    if len(blocks) < MAX_BLOCKS:
        blocks.append(block)
