"""What the bytes mean: vectors of texts and pictures, in one space. This room makes vectors and keeps none.

Pixels come decoded, as arrays of RGB: nothing here opens a file that a user sent.
"""

from pathlib import Path

from mediatheque.embedding.embedder import Embedder, ModelError

__all__ = ["Embedder", "open_embedder"]


def open_embedder(spec: str, cache: Path, threads: int = 1) -> Embedder:
    """`basic`, or `onnx-clip:<folder>` with the files of a CLIP, SigLIP or MobileCLIP model.

    `cache` is a folder for what can be made again; processes may share it. `threads` is how many one call keeps busy.
    Blocks. Raises ModelError naming what is wrong with the spec or its files.
    """
    kind, _, folder = spec.partition(":")
    if spec == "basic":
        from mediatheque.embedding.basic import Basic  # noqa: PLC0415  its libraries take 0.2 s and 25 MB

        return Basic(cache, threads)
    if kind == "onnx-clip" and folder:
        from mediatheque.embedding.clip import Clip  # noqa: PLC0415  the same

        return Clip(Path(folder), threads)
    raise ModelError(f"There is no embedder {spec!r}; there are `basic` and `onnx-clip:<folder>`.")
