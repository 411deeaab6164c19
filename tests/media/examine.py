"""Examining files in this process, which is cheap; service does it in workers (tests/media/sandbox)."""

from pathlib import Path

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import ProbeResult, dispatch
from mediatheque.media.frames import Frame
from mediatheque.media.sniff import HEAD_BYTES, sniff

_CONFIG = SandboxConfig()


def examine(path: Path, data: bytes) -> ProbeResult:
    """Write and probe a file; raises `Unreadable`, also for an unknown format."""
    path.write_bytes(data)
    format_ = sniff(data[:HEAD_BYTES])
    if format_ is None:
        raise Unreadable("unknown")
    return dispatch.probe(str(path), format_.mime, _CONFIG)


def plain_facts(path: Path, data: bytes) -> ProbeResult:
    """Write and probe a file, and leave out what it says of itself."""
    return msgspec.structs.replace(examine(path, data), embedded=None)


def render(path: Path, data: bytes, edge: int = 288) -> Frame:
    """Write a file and render its first frame."""
    path.write_bytes(data)
    format_ = sniff(data[:HEAD_BYTES])
    assert format_ is not None
    return dispatch.render(str(path), format_.mime, _CONFIG, max_frames=1, edge=edge)[0]
