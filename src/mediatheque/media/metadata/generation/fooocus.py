"""Fooocus: `parameters` in its own JSON, or as AUTOMATIC1111 writes them; `fooocus_scheme` says which."""

from collections.abc import Mapping

import msgspec

from mediatheque.media.metadata.generation import automatic1111
from mediatheque.media.metadata.generation.values import integer, number, parse_object, size, text
from mediatheque.model import Generation


def read(texts: Mapping[str, str]) -> Generation | None:
    """Return what Fooocus wrote; None without its mark."""
    parameters = texts.get("parameters", "")
    values = parse_object(parameters)
    is_marked = "fooocus_scheme" in texts or texts.get("Software", "").startswith("Fooocus")
    if values is None:
        found = automatic1111.parse(parameters) if is_marked else None
        return msgspec.structs.replace(found, tool="fooocus") if found else None
    if not is_marked and values.get("metadata_scheme") != "fooocus":
        return None
    width, height = size(values.get("resolution"))
    return Generation(
        tool="fooocus",
        prompt=text(values.get("prompt")),
        negative_prompt=text(values.get("negative_prompt")),
        model=text(values.get("base_model")),
        seed=integer(values.get("seed")),
        steps=integer(values.get("steps")),
        sampler=text(values.get("sampler")),
        scheduler=text(values.get("scheduler")),
        cfg_scale=number(values.get("guidance_scale")),
        width=width,
        height=height,
    )
