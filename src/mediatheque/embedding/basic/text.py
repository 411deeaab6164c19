"""Text to vectors of meaning: all-MiniLM-L6-v2, https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2."""

import threading

import numpy as np
from tokenizers import Tokenizer

from mediatheque.embedding.basic.packages import MODEL, TOKENIZER, shipped
from mediatheque.embedding.embedder import CHARACTERS, Vectors, unit
from mediatheque.embedding.session import Session

MEANING = 384  # dimensions
_TOKENS = 256  # the length that the model was trained with


class Text:
    """One text at a time: padding to a common length would cost more than a batch saves."""

    def __init__(self, threads: int) -> None:
        model, self._vocabulary = shipped(*MODEL), shipped(*TOKENIZER)
        self._session = Session(lambda: model, threads)
        self._opening = threading.Lock()
        self._tokenizer: Tokenizer | None = None

    def vector(self, text: str) -> Vectors:
        """(384,), of length 1: the mean over the tokens."""
        ids = np.array([self._opened().encode(text[:CHARACTERS]).ids], np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (tokens,) = self._session.run(["last_hidden_state"], inputs)
        return unit(tokens[0].mean(axis=0))

    def _opened(self) -> Tokenizer:
        with self._opening:
            if self._tokenizer is None:
                self._tokenizer = Tokenizer.from_file(str(self._vocabulary))
                self._tokenizer.no_padding()
                self._tokenizer.enable_truncation(_TOKENS)
            return self._tokenizer
