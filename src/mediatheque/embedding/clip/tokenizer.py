"""Text to the numbers that the text model was trained on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from mediatheque.embedding.clip.model_files import ModelFiles
from mediatheque.embedding.embedder import CHARACTERS, ModelError

_SIGLIP, _CLIP = 64, 77  # tokens, where nothing says it: SigLIP leaves its own out of its configuration
_ENDLESS = 1 << 16  # tokenizers that know no length say 10**30


class TextTokenizer:
    """Every text is cut or filled to the model's whole length, as in training.

    SigLIP reads the filling and has no mask for it; CLIP stops reading at the end mark, so that filling does no harm.
    `length` is the text model's own, 0 where it takes any. Raises ModelError.
    """

    def __init__(self, folder: ModelFiles, length: int) -> None:
        try:
            self._tokenizer = Tokenizer.from_file(str(folder.tokenizer))
        except Exception as error:  # tokenizers raises nothing more special
            raise ModelError(f"{folder.tokenizer} cannot be read: {error}") from error
        siglip = "siglip" in f"{folder.config.get('model_type')} {folder.tokenizing.get('tokenizer_class')}".lower()
        self._lower = siglip or folder.tokenizing.get("do_lower_case") is True
        length = length or _length(folder) or (_SIGLIP if siglip else _CLIP)
        filler = _filler(self._tokenizer, folder)
        self._tokenizer.enable_truncation(length)
        self._tokenizer.enable_padding(pad_id=filler, length=length)

    def inputs(self, text: str) -> dict[str, NDArray[Any]]:
        """`input_ids` and `attention_mask`, each (length,)."""
        text = text[:CHARACTERS]
        encoded = self._tokenizer.encode(text.lower() if self._lower else text)
        return {"input_ids": np.array(encoded.ids), "attention_mask": np.array(encoded.attention_mask)}


def _length(folder: ModelFiles) -> int:
    """What the configuration says, 0 where it does not."""
    text = folder.config.get("text_config")
    said = (
        text.get("max_position_embeddings") if isinstance(text, dict) else 0,
        folder.tokenizing.get("model_max_length"),
    )
    return next((length for length in said if isinstance(length, int) and 0 < length < _ENDLESS), 0)


def _filler(tokenizer: Tokenizer, folder: ModelFiles) -> int:
    """The id of the token that fills: the one that is configured, else the tokenizer's own, else 0."""
    named = folder.tokenizing.get("pad_token")
    token = named.get("content") if isinstance(named, dict) else named
    if isinstance(token, str) and (known := tokenizer.token_to_id(token)) is not None:
        return known
    return int((tokenizer.padding or {}).get("pad_id", 0))
