"""Tokens of a text for the text model."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from mediatheque.embedding.clip.model_files import ModelFiles
from mediatheque.embedding.clip.text_settings import TextSettings
from mediatheque.embedding.embedder import MAX_CHARACTERS
from mediatheque.embedding.errors import ModelError


class TextTokenizer:
    """Cuts every text to the model's length, the end token kept, and fills it where `padded` is set.

    `length` is the text model's, which takes no other, or 0 when it takes any. Raises ModelError when the files cannot
    be read.
    """

    def __init__(self, folder: ModelFiles, length: int) -> None:
        try:
            self._tokenizer = Tokenizer.from_file(str(folder.tokenizer))
        except Exception as error:  # tokenizers raises nothing more specific
            raise ModelError(f"{folder.tokenizer} cannot be read: {error}") from error
        settings = TextSettings(folder)
        self._clean = settings.clean
        self._length = length or settings.length
        self._pad_id = _pad_id(self._tokenizer, folder)
        self._pad_left = folder.tokenizing.get("padding_side") == "left"
        self.padded = bool(length) or settings.padded
        self._heard = int(settings.padded)  # whether the model was trained to read the padding
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(min(self._length, settings.length))

    def inputs(self, text: str, *, full: bool = False) -> dict[str, NDArray[Any]]:
        """Return what a text model may take, each (length,); of the full length when `full` or `padded` is set."""
        ids = self._tokenizer.encode(self._clean(text[:MAX_CHARACTERS])).ids or [self._pad_id]
        missing = self._length - len(ids) if full or self.padded else 0
        around = (missing, 0) if self._pad_left else (0, missing)
        return {
            "input_ids": np.pad(ids, around, constant_values=self._pad_id),
            "attention_mask": np.pad(np.ones_like(ids), around, constant_values=self._heard),
            "token_type_ids": np.zeros(len(ids) + missing, np.int64),
            "position_ids": np.arange(len(ids) + missing),
        }


def _pad_id(tokenizer: Tokenizer, folder: ModelFiles) -> int:
    """Return the id of the padding token: the configured one, else the tokenizer's, else 0."""
    named = folder.tokenizing.get("pad_token")
    token = named.get("content") if isinstance(named, dict) else named
    if isinstance(token, str) and (known := tokenizer.token_to_id(token)) is not None:
        return known
    return int((tokenizer.padding or {}).get("pad_id", 0))
