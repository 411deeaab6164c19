"""A graph of nodes as ComfyUI executes it (`prompt`): inputs are values, or links to another node's output.

Graphs come from strangers: links may lead nowhere or in circles, so every walk visits a node once, and not too many.
"""

from collections import deque
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

_MAX_NODES = 2_000
_MAX_INPUTS = 20_000  # of one walk
_MAX_VALUE_LINKS = 10
_VALUES = ("value", "seed", "int", "float", "number", "string", "text")
"""Inputs under which nodes that only hold a value have it."""


class Link(msgspec.Struct, frozen=True):
    """The output `slot` of a node."""

    node: str
    slot: int


class Node(msgspec.Struct, frozen=True):
    """A node by its id, with its type and its inputs by name."""

    id: str
    type: str
    inputs: dict[str, Any]

    def link(self, *names: str) -> Link | None:
        """Return the first of these inputs that is a link."""
        return next((link for name in names if (link := as_link(self.inputs.get(name)))), None)


def as_link(value: Any) -> Link | None:
    """Return the link that an input is; None for a value."""
    match value:
        case [str() | int() as node, int() as slot]:
            return Link(str(node), slot)
    return None


class Graph:
    """Nodes by id. Raises nothing, whatever is in `prompt`."""

    def __init__(self, prompt: dict[str, Any]) -> None:
        self.nodes: dict[str, Node] = {}
        for id, node in prompt.items():
            match node:
                case {"class_type": str() as type, "inputs": dict() as inputs} if len(self.nodes) < _MAX_NODES:
                    self.nodes[id] = Node(id, type, inputs)

    def at(self, link: Link | None) -> Node | None:
        """Return the node that the link comes from."""
        return self.nodes.get(link.node) if link else None

    def value(self, node: Node | None, *names: str) -> Any:
        """Return the first of these inputs that there is; of a link, what the node it comes from holds."""
        for _ in range(_MAX_VALUE_LINKS):
            if node is None:
                return None
            found = next((node.inputs[name] for name in names if node.inputs.get(name) is not None), None)
            link = as_link(found)
            if link is None:
                return found
            node, names = self.at(link), (*names, *_VALUES)
        return None

    def upstream(self, start: Node, names: Collection[str] | None = None) -> Iterator[Node]:
        """Yield the node and those that it is made of, nearest first; with `names`, through these inputs alone."""
        seen, waiting, inputs = {start.id}, deque([start]), 0
        while waiting and inputs <= _MAX_INPUTS:
            node = waiting.popleft()
            yield node
            inputs += len(node.inputs)
            for name, value in node.inputs.items():
                source = self.at(as_link(value)) if names is None or name in names else None
                if source and source.id not in seen:
                    seen.add(source.id)
                    waiting.append(source)
