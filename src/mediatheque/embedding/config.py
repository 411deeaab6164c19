"""Settings of this room."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

_BUILT_IN = ("basic", "basic-multilingual")
_CLIP = "onnx-clip:"


class EmbeddingConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Which model makes the vectors of the search, and how it runs."""

    model: str = "basic"
    """Model that makes vectors for the search: `basic`, `basic-multilingual` (needs the extra `multilingual`), or
    `onnx-clip:FOLDER`; `mediatheque reindex` changes it."""
    cache: Path | None = None
    """Folder for files that are computed from the model's weights once; its content is trusted. By default `models` in
    the data folder."""
    threads: Annotated[int, Meta(ge=1)] = 2
    """Texts and pictures that one process embeds at the same time."""

    def __post_init__(self) -> None:
        """Check the form alone: whether the folder exists shows when it is opened, as it may be unmounted for a while.

        Raises ValueError when the model is none of the forms.
        """
        if self.model not in _BUILT_IN and not (self.model.startswith(_CLIP) and self.model != _CLIP):
            raise ValueError(f"model: expected `basic`, `basic-multilingual` or `{_CLIP}FOLDER`, not {self.model!r}")

    @property
    def in_folder(self) -> bool:
        """Whether the model's files are in a folder that the setting names, and not in a package."""
        return self.model.startswith(_CLIP)


def with_absolute_folder(model: str) -> str:
    """Make the model's folder absolute: servers, workers and commands may have different working directories."""
    kind, mark, folder = model.partition(":")
    return f"{kind}{mark}{Path(folder).absolute()}" if folder else model
