"""The restricted unpickler, and the network made of what it reads."""

import builtins
import collections
import io
import os
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediatheque.embedding.basic.network import build_network
from mediatheque.embedding.basic.weights import NotWeights, read_tensors
from mediatheque.embedding.packages import WEIGHTS, package_file

MAGIC = 0x1950A86A20F9469CFC6C
NUMBERS = np.arange(6, dtype="<f4")


class Name:
    """Pickled as the global of that name."""

    def __init__(self, name: str) -> None:
        self.name = name


class Tensor:
    """Pickled as torch does it."""

    def __init__(self, offset=0, size=(2, 3), stride=(3, 1), storage=None) -> None:
        self.place = (offset, size, stride)
        self.storage = storage or ("storage", Name("torch FloatStorage"), "7", "cpu", 6, None)


class Storage:
    def __init__(self, pid) -> None:
        self.pid = pid


class _Pickler(pickle._Pickler):  # the one in Python: it asks `save` for everything
    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Name):
            self.write(pickle.GLOBAL + obj.name.replace(" ", "\n").encode() + b"\n")
        elif isinstance(obj, Storage):
            self.save(obj.pid)
            self.write(pickle.BINPERSID)
        elif isinstance(obj, Tensor):
            self.save(Name("torch._utils _rebuild_tensor_v2"))
            self.save((Storage(obj.storage), *obj.place, False, collections.OrderedDict()))
            self.write(pickle.REDUCE)
        else:
            super().save(obj, save_persistent_id)


def pickled(value) -> bytes:
    stream = io.BytesIO()
    _Pickler(stream, 2).dump(value)
    return stream.getvalue()


def file(state, *, magic=MAGIC, protocol=1001, length=6, numbers=NUMBERS) -> bytes:
    heads = [magic, protocol, {"little_endian": True}]
    body = state if isinstance(state, bytes) else pickled(state)
    return b"".join(map(pickled, heads)) + body + pickled(["7"]) + struct.pack("<q", length) + numbers.tobytes()


def test_tensors_are_read():
    tensors = read_tensors(file(collections.OrderedDict(plain=Tensor(), turned=Tensor(1, (2, 2), (1, 2)))))
    assert tensors["plain"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert tensors["turned"].tolist() == [[1, 3], [2, 4]]


class Hostile:
    def __init__(self, call, *arguments) -> None:
        self.reduced = call, arguments

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize(
    "payload",
    [
        pickle.dumps(Hostile(os.system, "touch /tmp/embedding-was-here"), 2),
        pickle.dumps(Hostile(builtins.eval, "1 + 1"), 2),
        pickle.dumps(Hostile(getattr, "", "join"), 2),
        pickle.dumps(Hostile(np.frombuffer, b"1234"), 2),
        pickle.dumps(collections.Counter("ab"), 2),
        b"\x80\x04\x8c\x0bcollections\x8c\x0fOrderedDict.pop\x93.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2.__globals__\n.",
        b"\x80\x02ctorch\nload\n.",
        b"\x80\x02cmediatheque.embedding.basic.weights\nread_tensors\n.",
        b"\x80\x02\x82\x01.",  # an extension's code
    ],
)
def test_pickle_with_other_globals_is_refused(payload):
    with pytest.raises(NotWeights):
        read_tensors(file(payload))
    with pytest.raises(NotWeights):
        read_tensors(payload)


@pytest.mark.parametrize("state", [{"__class__": 1}, (None, {"__code__": 1, "__defaults__": (1,)})])
@pytest.mark.parametrize("name", ["torch._utils _rebuild_tensor_v2", "torch FloatStorage", "collections OrderedDict"])
def test_pickle_cannot_modify_shared_state(name, state):
    stand_in = pickled(Name(name))[:-1] + pickled(state)[2:-1] + pickle.BUILD + pickle.STOP
    with pytest.raises(NotWeights):
        read_tensors(file(stand_in))
    assert read_tensors(file({"plain": Tensor()}))["plain"].shape == (2, 3)


FLOATS = Name("torch FloatStorage")


@pytest.mark.parametrize(
    "tensor",
    [
        Tensor(offset=1),
        Tensor(offset=-1),
        Tensor(size=(2, 4)),
        Tensor(size=(1 << 40, 6), stride=(0, 1)),
        Tensor(stride=(4, 1)),
        Tensor(stride=(-3, 1)),
        Tensor(size=(2, 3), stride=(1,)),
        Tensor(size=(2.0, 3)),
        Tensor(storage=("storage", Name("collections OrderedDict"), "7", "cpu", 6, None)),
        Tensor(storage=("storage", FLOATS, "8", "cpu", 6, None)),
        Tensor(storage=("storage", FLOATS, "7", "cuda:0", 6, None)),
        Tensor(storage=("storage", FLOATS, "7", "cpu", 7, None)),
        Tensor(storage=("storage", FLOATS, "7", "cpu", -6, None)),
        Tensor(storage=("module", FLOATS, "7", "cpu", 6, None)),
        Tensor(storage="storage"),
    ],
)
def test_a_tensor_outside_its_storage_is_refused(tensor):
    with pytest.raises(NotWeights):
        read_tensors(file({"plain": tensor}))


def test_other_formats_are_refused():
    for content in (file({}, magic=1), file({}, protocol=1002), b"PK\x03\x04", b"", pickled([1])):
        with pytest.raises(NotWeights):
            read_tensors(content)


@given(st.data())
def test_damaged_file_is_refused_or_gives_tensors(data):
    content = bytearray(file({"plain": Tensor()}))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    try:
        tensors = read_tensors(bytes(content[: data.draw(st.integers(at, len(content)))]))
    except NotWeights:
        return
    assert all(isinstance(tensor, np.ndarray) for tensor in tensors.values())


@pytest.fixture(scope="module")
def tensors():
    return read_tensors(package_file(*WEIGHTS).read_bytes())


@pytest.mark.parametrize("name", ["_conv_stem.weight", "_blocks.3._bn1.running_var", "_fc.bias"])
def test_missing_tensor_is_refused(name, tensors):
    with pytest.raises(NotWeights):
        build_network({other: tensor for other, tensor in tensors.items() if other != name})


@pytest.mark.parametrize("name", ["_conv_stem.weight", "_blocks.3._bn1.running_var", "_blocks.5._expand_conv.weight"])
def test_tensor_of_wrong_shape_is_refused(name, tensors):
    with pytest.raises(NotWeights):
        build_network({**tensors, name: tensors[name][:-1]})
