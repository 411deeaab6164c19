"""Embedders: texts and pictures as vectors in one vector space. This package makes vectors and stores none.

It takes decoded pixels, arrays of RGB, and opens no file that a user sent.
"""

from pathlib import Path

from mediatheque.embedding.embedder import Embedder, ModelError

__all__ = ["Embedder", "open_embedder"]


def open_embedder(spec: str, cache: Path, threads: int = 1) -> Embedder:
    """Open `basic`, or `onnx-clip:<folder>` with the files of a CLIP, SigLIP or MobileCLIP model. Blocks.

    `cache` is a folder for files computed from the weights, which processes may share. `threads` is how many threads
    one call uses. Raises ModelError when the spec or its files are wrong.
    """
    kind, _, folder = spec.partition(":")
    if spec == "basic":
        from mediatheque.embedding.basic import Basic  # noqa: PLC0415  its libraries take 0.2 s and 25 MB

        return Basic(cache, threads)
    if kind == "onnx-clip" and folder:
        from mediatheque.embedding.clip import Clip  # noqa: PLC0415  the same

        return Clip(Path(folder), threads)
    raise ModelError(f"There is no embedder {spec!r}; there are `basic` and `onnx-clip:<folder>`.")
