"""Embedders: texts and pictures as vectors in one vector space. This package makes vectors and stores none.

It takes decoded pixels, arrays of RGB, and opens no file that a user sent.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from mediatheque.embedding.errors import ModelError
from mediatheque.embedding.packages import MULTILINGUAL, package_file

if TYPE_CHECKING:  # its numpy is for processes that embed
    from mediatheque.embedding.embedder import Embedder

__all__ = ["check_installed", "open_embedder"]


def open_embedder(spec: str, cache: Path, threads: int = 1) -> "Embedder":
    """Open a model: `basic`, `basic-multilingual`, or the CLIP, SigLIP or MobileCLIP of `onnx-clip:<folder>`. Blocks.

    `cache` is a folder for files computed from the weights, which processes may share. `threads` is how many threads
    one call uses. Raises ModelError when the spec or its files are wrong.
    """
    kind, _, folder = spec.partition(":")
    # Imported when needed: their libraries take 0.2 s and 25 MB.
    if spec == "basic":
        from mediatheque.embedding.basic import Basic  # noqa: PLC0415
        from mediatheque.embedding.basic.text import TextEncoder  # noqa: PLC0415

        return Basic("basic-1", TextEncoder(cache, threads), cache, threads, duplicate_similarity=0.88)
    if spec == "basic-multilingual":
        from mediatheque.embedding.basic import Basic  # noqa: PLC0415
        from mediatheque.embedding.basic.multilingual import MultilingualEncoder  # noqa: PLC0415

        text = MultilingualEncoder(cache, threads)
        return Basic("basic-multilingual-1", text, cache, threads, duplicate_similarity=0.86)
    if kind == "onnx-clip" and folder:
        from mediatheque.embedding.clip import Clip  # noqa: PLC0415

        return Clip(Path(folder), threads)
    raise ModelError(
        f"There is no embedder {spec!r}; there are `basic`, `basic-multilingual` and `onnx-clip:<folder>`."
    )


def check_installed(spec: str) -> None:
    """Raise ModelError when the model is in a package that is not installed. Its files are not read."""
    if spec == "basic-multilingual":
        package_file(*MULTILINGUAL)
