"""The properties of glTF 2.0 that decide how much memory a viewer allocates, and checks that they can be true."""

from typing import Annotated, Any

import msgspec

from mediatheque.errors import Unreadable

Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
_PADDING = 3  # a chunk is filled up to a multiple of four bytes
_COMPONENT_BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
_COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


class _Property(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    extensions: dict[str, Any] = {}


class AssetInfo(msgspec.Struct, frozen=True):
    """The `asset` property: metadata of the file."""

    version: str


class Resource(_Property, frozen=True):
    """A buffer or an image. Without a `uri`, its bytes are in the file."""

    uri: str | None = None
    byte_length: Count = 0


class BufferView(_Property, frozen=True):
    """A run of bytes in a buffer; elements are `byte_stride` apart, or packed."""

    buffer: Count
    byte_length: Count
    byte_offset: Count = 0
    byte_stride: Annotated[int, msgspec.Meta(ge=4, le=252)] | None = None


class Sparse(_Property, frozen=True):
    """Elements that differ from the rest of an accessor."""

    count: Count


class Accessor(_Property, frozen=True):
    """A run of typed elements in a view; without one, zeros (or what an extension decompresses)."""

    component_type: int
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
    if not gltf.asset.version.startswith("2."):
        raise Unreadable("Only glTF 2 is supported.")
    for number, buffer in enumerate(gltf.buffers):
        _check_buffer(buffer, binary if number == 0 else None, max_bytes)
    for resource in gltf.buffers + gltf.images:
        if resource.uri is not None and not resource.uri.startswith("data:"):
            raise Unreadable("The model needs another file. Please embed everything in the GLB.")
    for view in gltf.buffer_views:
        _check_view(view, gltf.buffers)
    for accessor in gltf.accessors:
        _check_accessor(accessor, gltf.buffer_views, max_bytes)


def _check_buffer(buffer: Resource, binary: int | None, max_bytes: int) -> None:
    """Check a buffer.

    The first is the binary chunk, with up to 3 bytes of padding; others are inline or an extension's.
    """
    if buffer.byte_length > max_bytes:
        raise _counts_do_not_fit("buffer")
    chunk_holds_it = binary is not None and "EXT_meshopt_compression" not in buffer.extensions
    if buffer.uri is None and chunk_holds_it and not 0 <= (binary or 0) - buffer.byte_length <= _PADDING:
        raise _counts_do_not_fit("buffer")
    if buffer.uri is not None and buffer.byte_length > len(buffer.uri):
        raise _counts_do_not_fit("buffer")


def _check_view(view: BufferView, buffers: list[Resource]) -> None:
    if view.buffer >= len(buffers) or view.byte_offset + view.byte_length > buffers[view.buffer].byte_length:
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
    view = views[accessor.buffer_view]
    needed = accessor.byte_offset + (view.byte_stride or element) * (accessor.count - 1) + element
    if needed > view.byte_length:
        raise _counts_do_not_fit("accessor")


def _counts_do_not_fit(part: str) -> Unreadable:
    return Unreadable(f"The counts of a model's {part} do not fit its bytes.")
