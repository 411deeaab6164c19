"""The text of a prompt: from the sampler's input back, through nodes that change conditioning, to nodes with text."""

from collections.abc import Iterable, Iterator
from typing import Any

from mediatheque.media.metadata.generation.comfyui.graph import Graph, Link, Node, as_link

_MAX_TEXTS = 50
_MAX_DEPTH = 100
_MAX_INPUTS = 20_000
_TEXTS = (
    "text", "text_g", "text_l", "clip_l", "clip_g", "t5xxl", "llama", "prompt", "positive_prompt", "positive", "string",
    "value", "result", "wildcard_text", "populated_text",
)  # fmt: skip
"""Inputs with a prompt's text; and of nodes that join texts, any whose name begins with one of `_PIECES`."""
_PIECES = ("text", "string", "prompt")
_NO_TEXT = frozenset(
    {
        "clip", "model", "vae", "image", "images", "mask", "pixels", "latent", "latent_image", "samples", "control_net",
        "clip_vision", "clip_vision_output", "style_model", "ipadapter", "audio", "video",
    }
)  # fmt: skip
"""Inputs that carry no text, so that the walk does not leave the conditioning."""


def prompt_of(graph: Graph, link: Link | None, *, negative: bool = False) -> str | None:
    """Return the texts that make the conditioning of this link, each once, joined; None without any."""
    walk = _Walk(graph, "negative" if negative else "positive")
    texts = list(dict.fromkeys(text.strip() for text in walk.texts(link, 0)))
    return "\n".join(texts) or None


class _Walk:
    def __init__(self, graph: Graph, side: str) -> None:
        self._graph = graph
        self._side = side
        self._seen: set[Link] = set()
        self._found = self._inputs = 0

    def texts(self, link: Link | None, depth: int) -> Iterator[str]:
        """Yield texts in the order of the inputs. A node that makes both prompts has them in its first two outputs."""
        node = self._graph.at(link)
        if link is None or node is None or link in self._seen or depth > _MAX_DEPTH or "ZeroOut" in node.type:
            return
        self._seen.add(link)
        if as_link(node.inputs.get("positive")) and as_link(node.inputs.get("negative")):
            side = ("positive", "negative")[link.slot] if link.slot in (0, 1) else self._side
            yield from self.texts(node.link(side), depth + 1)
            return
        for name, value in self._used(node):
            self._inputs += 1
            if self._inputs > _MAX_INPUTS:
                return
            if inner := as_link(value):
                if name not in _NO_TEXT:
                    yield from self.texts(inner, depth + 1)
            elif self._is_text(node, name) and isinstance(value, str) and value.strip() and self._found < _MAX_TEXTS:
                self._found += 1
                yield value

    def _used(self, node: Node) -> Iterable[tuple[str, Any]]:
        """Return the inputs; of a switch only the one that is on."""
        if {"switch", "on_true", "on_false"} <= node.inputs.keys():
            name = "on_true" if self._graph.value(node, "switch") is True else "on_false"
            return [("text", node.inputs[name])]
        return node.inputs.items()

    def _is_text(self, node: Node, name: str) -> bool:
        """Whether the input is of text; a node with a text for each prompt has the other one elsewhere."""
        if name in (self._side, f"{self._side}_prompt"):
            return True
        if name.startswith(("negative", "positive")):
            return False
        return name in _TEXTS or name.startswith(_PIECES)
