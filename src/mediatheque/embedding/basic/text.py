"""Vectors of texts: all-MiniLM-L6-v2, https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2."""

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from mediatheque.embedding.cache import derived
from mediatheque.embedding.embedder import MAX_CHARACTERS, Vectors, l2_normalize
from mediatheque.embedding.packages import MODEL, TOKENIZER, package_file
from mediatheque.embedding.session import Session

_TOKENS = 256  # the length that the model was trained with


class TextEncoder:
    """Encodes one text at a time: padding to a common length would cost more than a batch saves.

    The graph is computed from the package's once, into `cache`. The vocabulary is read now and not at the first use,
    since that blocks all threads of the process for 30 ms.
    """

    def __init__(self, cache: Path, threads: int) -> None:
        self._model, vocabulary = package_file(*MODEL), package_file(*TOKENIZER)
        self._cache = cache
        self._session = Session(self._graph, threads)
        self._tokenizer = Tokenizer.from_file(str(vocabulary))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_TOKENS)

    def vector(self, text: str) -> Vectors:
        """Return (384,), of length 1: the mean over the tokens."""
        ids = np.array([self._tokenizer.encode(text[:MAX_CHARACTERS]).ids], np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (tokens,) = self._session.run(["last_hidden_state"], inputs)
        return l2_normalize(tokens[0].mean(axis=0))

    def content(self) -> bytes:
        """Return what the vectors depend on."""
        return self._model.read_bytes()

    def _graph(self) -> bytes:
        return derived(self._cache, "minilm-{}-1.onnx", self.content(), _quantize)  # 1: version of quantized.py


def _quantize(content: bytes) -> bytes:
    from mediatheque.embedding.basic.quantized import quantized  # noqa: PLC0415  16 MB, needed once

    return quantized(content)
