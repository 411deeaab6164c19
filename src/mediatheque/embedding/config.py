"""What this room can be told."""

import tempfile
from pathlib import Path

import msgspec


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Which model, and how it works.

    `model`: `basic`, or `onnx-clip:` and a folder. `cache`: a folder for what is made of the weights, once.
    `threads`: texts and pictures that are worked on at the same time in one process.
    """

    model: str = "basic"
    cache: Path = Path(tempfile.gettempdir()) / "mediatheque-models"
    threads: int = 2
