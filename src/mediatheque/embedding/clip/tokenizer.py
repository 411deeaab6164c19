"""Tokens of a text for the text model."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from mediatheque.embedding.clip.model_files import ModelFiles
from mediatheque.embedding.embedder import MAX_CHARACTERS, ModelError

_SIGLIP, _CLIP = 64, 77  # tokens, when the files do not say: SigLIP's configuration omits it
_UNLIMITED = 1 << 16  # tokenizers without a limit say 10**30


class TextTokenizer:
    """Cuts or pads every text to the model's length, as in training.

    SigLIP reads the padding and has no mask for it; CLIP stops at the end token, so that padding does no harm.
    `length` is the text model's, 0 when it takes any. Raises ModelError when the files cannot be read.
    """

    def __init__(self, folder: ModelFiles, length: int) -> None:
        try:
            self._tokenizer = Tokenizer.from_file(str(folder.tokenizer))
        except Exception as error:  # tokenizers raises nothing more specific
            raise ModelError(f"{folder.tokenizer} cannot be read: {error}") from error
        siglip = "siglip" in f"{folder.config.get('model_type')} {folder.tokenizing.get('tokenizer_class')}".lower()
        self._lower = siglip or folder.tokenizing.get("do_lower_case") is True
        length = length or _length(folder) or (_SIGLIP if siglip else _CLIP)
        pad_id = _pad_id(self._tokenizer, folder)
        self._tokenizer.enable_truncation(length)
        self._tokenizer.enable_padding(pad_id=pad_id, length=length)

    def inputs(self, text: str) -> dict[str, NDArray[Any]]:
        """Return `input_ids` and `attention_mask`, each (length,)."""
        text = text[:MAX_CHARACTERS]
        encoded = self._tokenizer.encode(text.lower() if self._lower else text)
        return {"input_ids": np.array(encoded.ids), "attention_mask": np.array(encoded.attention_mask)}


def _length(folder: ModelFiles) -> int:
    """Return the length in the configuration, 0 when there is none."""
    text = folder.config.get("text_config")
    said = (
        text.get("max_position_embeddings") if isinstance(text, dict) else 0,
        folder.tokenizing.get("model_max_length"),
    )
    return next((length for length in said if isinstance(length, int) and 0 < length < _UNLIMITED), 0)


def _pad_id(tokenizer: Tokenizer, folder: ModelFiles) -> int:
    """Return the id of the padding token: the configured one, else the tokenizer's, else 0."""
    named = folder.tokenizing.get("pad_token")
    token = named.get("content") if isinstance(named, dict) else named
    if isinstance(token, str) and (known := tokenizer.token_to_id(token)) is not None:
        return known
    return int((tokenizer.padding or {}).get("pad_id", 0))
