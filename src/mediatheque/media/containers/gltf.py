"""The properties of glTF 2.0 that decide how much memory a viewer allocates, and checks that they can be true."""

from typing import Annotated, Any

import msgspec

from mediatheque.errors import Unreadable

Count = Annotated[float, msgspec.Meta(ge=0, le=1 << 53, multiple_of=1)]
"""A whole number; JavaScript and its exporters make no difference between 42 and 42.0."""

_PADDING = 3  # a buffer is filled up to a multiple of four bytes, which some exporters count and do not write
_COMPONENT_BYTES: dict[float, int] = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
_COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


class _Property(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    extensions: dict[str, Any] = {}


class AssetInfo(msgspec.Struct, frozen=True):
    """The `asset` property: metadata of the file."""

    version: str | float


class Resource(_Property, frozen=True):
    """A buffer or an image. Without a `uri`, its bytes are in the file."""

    uri: str | None = None
    byte_length: Count = 0


class BufferView(_Property, frozen=True):
    """A run of bytes in a buffer; elements are `byte_stride` apart, or packed if that is 0 or absent."""

    buffer: Count
    byte_length: Count
    byte_offset: Count = 0
    byte_stride: Annotated[float, msgspec.Meta(ge=0, le=252)] | None = None


class Sparse(_Property, frozen=True):
    """Elements that differ from the rest of an accessor."""

    count: Count


class Accessor(_Property, frozen=True):
    """A run of typed elements in a view; without one, zeros (or what an extension decompresses)."""

    component_type: float
    count: Count
    type: str
    buffer_view: Count | None = None
    byte_offset: Count = 0
    sparse: Sparse | None = None


class Gltf(_Property, frozen=True):
    """The glTF properties that are checked. Those that only matter for rendering are left out."""

    asset: AssetInfo
    buffers: list[Resource] = []
    buffer_views: list[BufferView] = []
    accessors: list[Accessor] = []
    images: list[Resource] = []


def check_counts(gltf: Gltf, binary: int, max_bytes: int) -> None:
    """Check that counts fit `binary` bytes and make no viewer allocate over `max_bytes`.

    Raises `Unreadable` otherwise.
    """
    if str(gltf.asset.version).partition(".")[0] != "2":
        raise Unreadable("Only glTF 2 is supported.")
    bytes_there = [
        _check_buffer(buffer, binary if number == 0 else None, max_bytes) for number, buffer in enumerate(gltf.buffers)
    ]
    for resource in gltf.buffers + gltf.images:
        if resource.uri is not None and not resource.uri.startswith("data:"):
            raise Unreadable("The model needs another file. Please embed everything in the GLB.")
    for view in gltf.buffer_views:
        _check_view(view, bytes_there)
    for accessor in gltf.accessors:
        _check_accessor(accessor, gltf.buffer_views, max_bytes)


def _check_buffer(buffer: Resource, binary: int | None, max_bytes: int) -> float:
    """Check a buffer, and return how many bytes it has.

    The first is the binary chunk, which may be longer by any padding; others are inline or an extension's.
    """
    if buffer.byte_length > max_bytes:
        raise _counts_do_not_fit("buffer")
    if buffer.uri is not None and buffer.byte_length > len(buffer.uri):
        raise _counts_do_not_fit("buffer")
    if buffer.uri is not None or binary is None or "EXT_meshopt_compression" in buffer.extensions:
        return buffer.byte_length
    if buffer.byte_length > binary + _PADDING:
        raise _counts_do_not_fit("buffer")
    return binary


def _check_view(view: BufferView, bytes_there: list[float]) -> None:
    if view.buffer >= len(bytes_there) or view.byte_offset + view.byte_length > bytes_there[int(view.buffer)]:
        raise _counts_do_not_fit("buffer view")


def _check_accessor(accessor: Accessor, views: list[BufferView], max_bytes: int) -> None:
    component, components = _COMPONENT_BYTES.get(accessor.component_type), _COMPONENTS.get(accessor.type)
    if component is None or components is None:
        raise Unreadable("The model uses an unknown type of element.")
    element = component * components
    if accessor.count * element > max_bytes or (accessor.sparse and accessor.sparse.count > accessor.count):
        raise _counts_do_not_fit("accessor")
    if accessor.buffer_view is None or accessor.count == 0:
        return
    if accessor.buffer_view >= len(views):
        raise _counts_do_not_fit("accessor")
    view = views[int(accessor.buffer_view)]
    needed = accessor.byte_offset + (view.byte_stride or element) * (accessor.count - 1) + element
    if needed > view.byte_length:
        raise _counts_do_not_fit("accessor")


def _counts_do_not_fit(part: str) -> Unreadable:
    return Unreadable(f"The counts of a model's {part} do not fit its bytes.")
