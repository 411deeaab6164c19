"""What configurations say of texts: how they are cleaned, and how many tokens are read."""

import html
import string
from collections.abc import Callable, Iterator
from typing import Any

import ftfy

from mediatheque.embedding.clip.model_files import ModelFiles, part
from mediatheque.embedding.errors import ModelError

_CLIP, _SIGLIP, _OTHERS = 77, 64, 512  # tokens, when the files do not say: configurations omit their defaults
_UNLIMITED = 1 << 16  # tokenizers without a limit say 10**30
_POSITIONS_BEHIND_PADDING = ("roberta", "camembert", "mpnet")  # the first position is the padding's id plus one
_ROBERTA_PADDING = 1
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)

Clean = Callable[[str], str]


class TextSettings:
    """The settings of a folder.

    `padded` says that texts have to be filled to the full length: SigLIP was trained so and has no mask, and neither
    have those models of open_clip that do not stop at the end of a text.
    """

    clean: Clean
    length: int
    padded: bool

    def __init__(self, folder: ModelFiles) -> None:
        if folder.open_clip:
            self._read_open_clip(part(folder.open_clip, "text_cfg"))
        else:
            self._read_transformers(folder.config, folder.tokenizing)

    def _read_open_clip(self, text: dict[str, Any]) -> None:
        """Raises ModelError when the texts should be cleaned in an unknown way."""
        kind = part(text, "tokenizer_kwargs").get("clean") or ("whitespace" if "hf_tokenizer_name" in text else "lower")
        if kind not in _OPEN_CLIP:
            raise ModelError(f"open_clip's configuration cleans texts by {kind!r}; {', '.join(_OPEN_CLIP)} are known.")
        self.clean = _OPEN_CLIP[kind]
        self.length = text.get("context_length") or _CLIP
        stops = text.get("pool_type", "argmax") == "argmax" and not text.get("no_causal_mask")
        self.padded = "hf_model_name" not in text and (not stops or bool(text.get("embed_cls")))

    def _read_transformers(self, config: dict[str, Any], tokenizing: dict[str, Any]) -> None:
        tokenizer, model = str(tokenizing.get("tokenizer_class")).lower(), str(config.get("model_type")).lower()
        siglip = "siglip" in model or "siglip" in tokenizer
        second = "gemma" in tokenizer or "siglip2" in f"{model} {tokenizer}"
        lower = siglip or tokenizing.get("do_lower_case") is True
        self.clean = _siglip if siglip and not second else str.lower if lower else str
        self.padded = siglip
        text = part(config, "text_config") or config
        default = _SIGLIP if siglip else _CLIP if "clip" in str(text.get("model_type", "clip")) else _OTHERS
        self.length = min(_limits(text, tokenizing, tokenizer), default=default)


def _limits(text: dict[str, Any], tokenizing: dict[str, Any], tokenizer: str) -> Iterator[int]:
    positions, longest = text.get("max_position_embeddings"), tokenizing.get("model_max_length")
    if any(name in f"{text.get('model_type')} {tokenizer}" for name in _POSITIONS_BEHIND_PADDING):
        padding = text.get("pad_token_id")
        positions = (positions or _OTHERS) - 1 - (padding if isinstance(padding, int) else _ROBERTA_PADDING)
    for limit in (positions, longest):
        if isinstance(limit, int) and 0 < limit < _UNLIMITED:
            yield limit


def _siglip(text: str) -> str:
    return _lines_joined(text.lower().translate(_NO_PUNCTUATION))


def _canonicalize(text: str) -> str:
    return _lines_joined(_basic(text).replace("_", " ").translate(_NO_PUNCTUATION).lower())


def _lower(text: str) -> str:
    return _whitespace(text).lower()


def _whitespace(text: str) -> str:
    return _lines_joined(_basic(text))


def _basic(text: str) -> str:
    return html.unescape(html.unescape(ftfy.fix_text(text)))


def _lines_joined(text: str) -> str:
    return " ".join(text.split())


_OPEN_CLIP: dict[str, Clean] = {"whitespace": _whitespace, "lower": _lower, "canonicalize": _canonicalize}
