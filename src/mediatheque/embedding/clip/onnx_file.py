"""What an ONNX file holds, read without its weights, and one tower cut out of a file that holds both.

Parsing the whole would copy gigabytes, and the parsed graph would stay in memory beside the one that runs.
"""

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import onnx

from mediatheque.embedding.clip.wire_format import Field, field_start, fields
from mediatheque.embedding.errors import ModelError

_GRAPH = 7  # numbers of fields in onnx.proto: of a model,
_NODE, _NAME, _INITIALIZER, _INPUT, _OUTPUT, _SPARSE_INITIALIZER = 1, 2, 5, 11, 12, 15  # of a graph,
_TENSOR_NAME = 8  # of a tensor,
_SPARSE_VALUES = 1  # of a sparse tensor
_POINTER = b"version https://git-lfs"


class Tensor(NamedTuple):
    """An input or output: its element type, and the lengths of its axes, 0 for free ones."""

    kind: int
    shape: tuple[int, ...]


class OnnxFile:
    """The inputs and outputs of a graph. Raises ModelError when the file is not an ONNX model."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._graph = _skeleton(path)
        weights = set(self._graph.weights)
        self.inputs = {name: each for name, each in self._graph.inputs.items() if name not in weights}
        self.outputs = self._graph.outputs

    def inputs_of(self, output: str) -> dict[str, Tensor]:
        """Return the inputs that the output is computed from."""
        needed = self._ancestors(output)
        return {name: each for name, each in self.inputs.items() if name in needed}

    def tower(self, output: str) -> Path | bytes:
        """Return the file when it has no input beside those of this output, else a model that has them alone."""
        if self.inputs_of(output).keys() == self.inputs.keys():
            return self.path
        return _cut(_content(self.path), output, self._ancestors(output))

    def _ancestors(self, output: str) -> set[str]:
        """Return the names of the values that the output is computed from, and its own."""
        makers = {made: node for node in self._graph.nodes for made in node.makes}
        found, waiting = {output}, [output]
        while waiting:
            node = makers.get(waiting.pop())
            new = node.takes - found if node else frozenset()
            found |= new
            waiting += new
        return found


class _Node(NamedTuple):
    takes: frozenset[str]
    makes: tuple[str, ...]


class _Skeleton(NamedTuple):
    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]
    weights: tuple[str, ...]
    nodes: tuple[_Node, ...]


def _content(path: Path) -> memoryview:
    with path.open("rb") as file:
        if not file.seek(0, 2):
            raise ModelError(f"{path} is empty.")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _skeleton(path: Path) -> _Skeleton:
    content = _content(path)
    if bytes(content[: len(_POINTER)]) == _POINTER:
        raise ModelError(f"{path} is a pointer of Git LFS and not the model: fetch it with `git lfs pull`.")
    try:
        graph = list(fields(_graph(content)))
        inputs, outputs = _values(graph, _INPUT), _values(graph, _OUTPUT)
        nodes = tuple(_node(onnx.NodeProto.FromString(bytes(each.body))) for each in graph if each.number == _NODE)
        weights = tuple(_name(each) for each in graph if each.number in (_INITIALIZER, _SPARSE_INITIALIZER))
    except Exception as error:  # ValueError, and protobuf's, which has no types
        raise ModelError(f"{path} is not an ONNX model, or not all of one.") from error
    return _Skeleton(inputs, outputs, weights, nodes)


def _graph(content: memoryview) -> memoryview:
    """Return the graph of a model; raises ValueError when there is none."""
    graph = next((field.body for field in fields(content) if field.number == _GRAPH), None)
    if graph is None:
        raise ValueError("there is no graph")
    return graph


def _values(graph: list[Field], number: int) -> dict[str, Tensor]:
    values = (onnx.ValueInfoProto.FromString(bytes(field.body)) for field in graph if field.number == number)
    return {value.name: _tensor(value) for value in values}


def _tensor(value: onnx.ValueInfoProto) -> Tensor:
    tensor = value.type.tensor_type
    return Tensor(tensor.elem_type, tuple(max(0, axis.dim_value) for axis in tensor.shape.dim))


def _name(field: Field) -> str:
    """Return the name of a tensor of weights."""
    tensor = field.body
    if field.number == _SPARSE_INITIALIZER:
        tensor = next((each.body for each in fields(tensor) if each.number == _SPARSE_VALUES), memoryview(b""))
    return next((str(each.body, "utf-8") for each in fields(tensor) if each.number == _TENSOR_NAME), "")


def _node(node: onnx.NodeProto) -> _Node:
    return _Node(frozenset(_taken(node)), tuple(filter(None, node.output)))


def _taken(node: onnx.NodeProto) -> Iterator[str]:
    """Yield the names that a node takes; a branch or loop takes what the nodes inside it take."""
    yield from filter(None, node.input)
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            for inner in graph.node:
                yield from _taken(inner)
            yield from (value.name for value in graph.output)


def _cut(content: memoryview, output: str, needed: set[str]) -> bytes:
    kept = [field.whole for field in fields(_graph(content)) if _is_kept(field, output, needed)]
    rest = [field.whole for field in fields(content) if field.number != _GRAPH]
    return b"".join((*rest, field_start(_GRAPH, sum(map(len, kept))), *kept))


def _is_kept(field: Field, output: str, needed: set[str]) -> bool:
    """Whether a field of the graph is needed; the types of values between nodes are not."""
    if field.number == _NODE:
        return not needed.isdisjoint(onnx.NodeProto.FromString(bytes(field.body)).output)
    if field.number in (_INITIALIZER, _SPARSE_INITIALIZER):
        return _name(field) in needed
    if field.number in (_INPUT, _OUTPUT):
        name = onnx.ValueInfoProto.FromString(bytes(field.body)).name
        return name in needed if field.number == _INPUT else name == output
    return field.number == _NAME
