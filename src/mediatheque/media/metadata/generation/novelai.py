"""NovelAI: the parameters as JSON in `Comment`, the model in `Source`; what it hides in pixels is not read."""

from collections.abc import Mapping
from typing import Any

from mediatheque.media.metadata.generation.values import integer, mapping, number, parse_object, text
from mediatheque.model import Generation


def read(texts: Mapping[str, str]) -> Generation | None:
    """Return what NovelAI wrote; None when the software is another."""
    if texts.get("Software", "").strip() != "NovelAI":
        return None
    values = parse_object(texts.get("Comment")) or {}
    return Generation(
        tool="novelai",
        prompt=text(values.get("prompt")) or _caption(values.get("v4_prompt")) or text(texts.get("Description")),
        negative_prompt=text(values.get("uc")) or _caption(values.get("v4_negative_prompt")),
        model=text(texts.get("Source")),
        seed=integer(values.get("seed")),
        steps=integer(values.get("steps")),
        sampler=text(values.get("sampler")),
        scheduler=text(values.get("noise_schedule")),
        cfg_scale=number(values.get("scale")),
        width=integer(values.get("width")),
        height=integer(values.get("height")),
    )


def _caption(value: Any) -> str | None:
    """Return the caption of a prompt in parts: that of the scene, then those of its characters."""
    caption = mapping(mapping(value).get("caption"))
    characters = caption.get("char_captions")
    parts = [caption.get("base_caption")]
    if isinstance(characters, list):
        parts += [mapping(each).get("char_caption") for each in characters[:20]]
    return text(", ".join(part for part in parts if isinstance(part, str) and part))
