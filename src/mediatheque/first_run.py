"""What the first start prints: the key, and one upload to paste for each dialect."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mediatheque.config import Config

_PICTURE = "hello.png"


def print_first_run(config: Config, key: str) -> str:
    """The text for the terminal, and a small picture in the data folder for the uploads to send.

    The key is shown only now, so nothing here may fail: without the picture its uploads are for another file.
    """
    picture = config.data / _PICTURE
    with suppress(OSError):
        picture.write_bytes(_png(64, 48))
    host = f"[{config.host}]" if ":" in config.host else config.host
    base = config.public_url or f"http://{host}:{config.port}"
    uploads = "\n".join(f"# {title}\n{command}\n" for title, command in _uploads(base, key, picture))
    return f"""
Workspace `default` is ready. Its API key, shown only this once:

    {key}

Try an upload through any door:

{uploads}
"""


def _uploads(base: str, key: str, picture: Path) -> Iterator[tuple[str, str]]:
    from mediatheque.dialects import DIALECTS  # noqa: PLC0415 - loads the web framework, which later starts do without

    for dialect in DIALECTS:
        if example := dialect.example_upload:
            yield example.title, example.command(base=base, key=key, file=picture)


def _png(width: int, height: int) -> bytes:
    """A small gradient."""
    rows = b"".join(b"\0" + b"".join(bytes((x * 4, y * 5, 160)) for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )
