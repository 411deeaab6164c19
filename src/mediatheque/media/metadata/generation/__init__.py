"""How generators describe what they made: one reader for each tool, all giving the same fields."""

from collections.abc import Callable, Mapping

from mediatheque.media.metadata.generation import automatic1111, fooocus, invokeai, novelai
from mediatheque.media.metadata.generation.comfyui import comfyui
from mediatheque.model import Generation

Reader = Callable[[Mapping[str, str]], Generation | None]

_READERS: tuple[Reader, ...] = (
    invokeai.read,
    novelai.read,
    fooocus.read,
    comfyui.read,
    automatic1111.read,
)
"""The surest marks first. ComfyUI's savers may write `parameters` beside the graph, for programs that know no graph."""


def recognise(texts: Mapping[str, str]) -> Generation | None:
    """Return what the tool says that wrote these texts, by their keywords; None when no tool is known by them."""
    for read in _READERS:
        if found := read(texts):
            return found
    return None
