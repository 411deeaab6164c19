"""Pairs of ONNX models with one vector space for texts and pictures: CLIP, SigLIP, MobileCLIP and similar."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mediatheque.embedding.clip.model_files import ModelFiles
from mediatheque.embedding.clip.onnx_model import OnnxModel
from mediatheque.embedding.clip.preprocessing import Preprocessing
from mediatheque.embedding.clip.tokenizer import TextTokenizer
from mediatheque.embedding.embedder import ModelError, Vectors


class Clip:
    """A pair of models. The form of their files is checked now, and each model is loaded at its first use.

    The range of cosines depends on the model: of a text and a picture, CLIP's mostly lie between 0.15 and 0.35,
    SigLIP's between 0 and 0.2. Raises ModelError when the folder is wrong.
    """

    duplicate_similarity = 0.95  # usual for models of this kind; not measured, as each model has its own

    def __init__(self, path: Path, threads: int) -> None:
        folder = ModelFiles(path)
        self._text = OnnxModel(
            folder.text_model, ("input_ids", "attention_mask"), ("text_embeds", "pooler_output"), threads
        )
        self._image = OnnxModel(folder.image_model, ("pixel_values",), ("image_embeds", "pooler_output"), threads)
        self._tokenizer = TextTokenizer(folder, self._text.shape("input_ids")[-1])
        self._preprocessing = Preprocessing(folder.preprocessing)
        self.name = f"onnx-clip-{folder.fingerprint()}"
        self.dimensions = self._text.dimensions or len(self._text.vector(self._tokenizer.inputs("")))
        if self._image.dimensions not in (0, self.dimensions):
            raise ModelError(
                f"{folder.text_model} makes vectors of {self.dimensions} dimensions, {folder.image_model} of"
                f" {self._image.dimensions}: they are not a pair."
            )

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Return (n, dimensions), each row of length 1."""
        return self._rows([self._text.vector(self._tokenizer.inputs(text)) for text in texts])

    def images(self, pixels: Sequence[NDArray[np.uint8]]) -> Vectors:
        """Return (n, dimensions), each row of length 1."""
        return self._rows([self._image.vector({"pixel_values": self._preprocessing.planes(each)}) for each in pixels])

    def _rows(self, vectors: list[Vectors]) -> Vectors:
        return np.array(vectors, np.float32).reshape(len(vectors), self.dimensions)
