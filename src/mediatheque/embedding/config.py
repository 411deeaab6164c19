"""What this room can be told."""

from pathlib import Path

import msgspec

_CLIP = "onnx-clip:"


class EmbeddingConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Which model, and how it works.

    `model`: `basic`, or `onnx-clip:` and a folder. `cache`: a folder for what is made of the weights, once, and is
    trusted when it is found there; without one, each process makes its own and keeps it to itself. `threads`: texts and
    pictures that are worked on at the same time in one process.
    """

    model: str = "basic"
    cache: Path | None = None
    threads: int = 2

    def __post_init__(self) -> None:
        """Whether there is such a folder shows when it is opened: it may be away for a while."""
        if self.model != "basic" and not (self.model.startswith(_CLIP) and self.model != _CLIP):
            raise ValueError(f"the embedder is `basic`, or `{_CLIP}` and a folder, not {self.model!r}")


def absolute(model: str) -> str:
    """The model with its folder named in full: servers, workers and commands may stand in different places."""
    kind, mark, folder = model.partition(":")
    return f"{kind}{mark}{Path(folder).absolute()}" if folder else model
