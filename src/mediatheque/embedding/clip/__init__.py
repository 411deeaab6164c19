"""Pairs of ONNX models with one vector space for texts and pictures: CLIP, SigLIP, MobileCLIP and similar."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mediatheque.embedding.clip.model_files import ModelFiles
from mediatheque.embedding.clip.onnx_model import OnnxModel, not_a_pair
from mediatheque.embedding.clip.preprocessing import Preprocessing
from mediatheque.embedding.clip.tokenizer import TextTokenizer
from mediatheque.embedding.embedder import Vectors
from mediatheque.embedding.errors import ModelError

_TEXT, _IMAGE = "input_ids", "pixel_values"
_OTHER_TEXT_INPUTS = ("attention_mask", "token_type_ids", "position_ids")
_TEXT_OUTPUTS = ("text_embeds", "pooler_output", "text_features", "text_embeddings", "sentence_embedding")
_IMAGE_OUTPUTS = ("image_embeds", "pooler_output", "image_features", "image_embeddings")


class Clip:
    """A pair of models. The form of their files is checked now, and each model is loaded at its first use.

    The range of cosines depends on the model: of a text and a picture, CLIP's mostly lie between 0.15 and 0.35,
    SigLIP's between 0 and 0.2. Raises ModelError when the folder is wrong.
    """

    duplicate_similarity = 0.95  # usual for models of this kind; not measured, as each model has its own

    def __init__(self, path: Path, threads: int) -> None:
        folder = ModelFiles(path)
        self._text = OnnxModel(folder.text_model, _TEXT, 2, threads, outputs=_TEXT_OUTPUTS, others=_OTHER_TEXT_INPUTS)
        self._image = OnnxModel(folder.image_model, _IMAGE, 4, threads, outputs=_IMAGE_OUTPUTS)
        self._tokenizer = TextTokenizer(folder, (*self._text.input.shape, 0, 0)[1])
        self._preprocessing = Preprocessing(folder, self._image.input)
        self.frame_edge = self._preprocessing.frame_edge
        self.name = f"onnx-clip-{folder.fingerprint()}"
        self.dimensions = self._text.dimensions or self._image.dimensions or len(self._text_vector(""))
        for model in (self._text, self._image):
            if model.dimensions not in (0, self.dimensions):
                raise not_a_pair(folder.text_model, self.dimensions, model.dimensions)
            model.dimensions = self.dimensions

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Return (n, dimensions), each row of length 1."""
        return self._rows([self._text_vector(text) for text in texts])

    def images(self, pixels: Sequence[NDArray[np.uint8]]) -> Vectors:
        """Return (n, dimensions), each row of length 1."""
        return self._rows([self._image.vector({_IMAGE: self._preprocessing.planes(each)}) for each in pixels])

    def _text_vector(self, text: str) -> Vectors:
        """Return (dimensions,). Some graphs name the length as a free axis, and fail with any but the full one."""
        try:
            return self._text.vector(self._tokenizer.inputs(text))
        except ModelError:
            if self._tokenizer.padded:
                raise
            vector = self._text.vector(self._tokenizer.inputs(text, full=True))
            self._tokenizer.padded = True
            return vector

    def _rows(self, vectors: list[Vectors]) -> Vectors:
        return np.array(vectors, np.float32).reshape(len(vectors), self.dimensions)
