"""Pictures that show a character or stand before a collection, as callers name them."""

from collections.abc import Sequence
from uuid import UUID

from mediatheque.errors import Invalid, NotFound
from mediatheque.model import AssetRef, Kind
from mediatheque.records.collections import images as rows
from mediatheque.records.database import Connection

ImageRef = UUID | tuple[AssetRef, ...]
"""A file by its id, or an asset by its possible names, of which the first that is known counts."""

_MAX_REFERENCES = 20


async def lock_for_share(
    conn: Connection, workspace_id: UUID, references: Sequence[ImageRef] = (), *, cover_id: UUID | None = None
) -> list[UUID]:
    """The pictures' files in their order, each once. They and the cover stay until the caller's transaction ends.

    `NotFound` for what the workspace does not have, `Invalid` for what is no image.
    """
    wanted = [await _file_id(conn, workspace_id, picture) for picture in references]
    everything = {*wanted, cover_id} - {None}
    kinds = await rows.lock_for_share(conn, workspace_id, [id for id in everything if id]) if everything else {}
    for number, id in enumerate(wanted):
        _require_image(kinds.get(id) if id else None, f"references[{number}]", "references")
    if cover_id:
        _require_image(kinds.get(cover_id), "cover_file_id", "cover_file_id")
    return list(dict.fromkeys(id for id in wanted if id))


def check_reference_count(references: Sequence[ImageRef]) -> None:
    """`Invalid` unless there are as many as a character has."""
    if not 1 <= len(references) <= _MAX_REFERENCES:
        raise Invalid(f"A character has 1 to {_MAX_REFERENCES} reference images.", param="references")


async def _file_id(conn: Connection, workspace_id: UUID, image: ImageRef) -> UUID | None:
    if isinstance(image, UUID):
        return image
    for reference in image:
        if id := await rows.file_of(conn, workspace_id, reference):
            return id
    return None


def _require_image(kind: Kind | None, path: str, param: str) -> None:
    if kind is None:
        raise NotFound(f"{path}: not found in this library.", param=param)
    if kind is not Kind.IMAGE:
        raise Invalid(f"{path}: this is of the kind {kind.value}, not an image.", param=param)
