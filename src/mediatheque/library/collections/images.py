"""Reference images of characters and cover images of collections."""

from collections.abc import Sequence
from uuid import UUID

from mediatheque.errors import Invalid, NotFound
from mediatheque.model import AssetRef, Kind
from mediatheque.records.collections import images as rows
from mediatheque.records.database import Connection

ImageRef = UUID | tuple[AssetRef, ...]
"""The id of a file, or references to an asset, of which the first that exists is used."""

_MAX_REFERENCES = 20


async def lock_for_share(
    conn: Connection, workspace_id: UUID, references: Sequence[ImageRef] = (), *, cover_id: UUID | None = None
) -> list[UUID]:
    """Lock the images' files against deletion until the transaction ends, the cover's too.

    Return the ids of the references' files in their order, without duplicates. Raises `NotFound` when an image does not
    exist in the workspace, and `Invalid` when a file is not an image.
    """
    wanted = [await _file_id(conn, workspace_id, reference) for reference in references]
    file_ids = [id for id in {*wanted, cover_id} if id]
    kinds = await rows.lock_for_share(conn, workspace_id, file_ids) if file_ids else {}
    for number, id in enumerate(wanted):
        _require_image(kinds.get(id) if id else None, f"references[{number}]", "references")
    if cover_id:
        _require_image(kinds.get(cover_id), "cover_file_id", "cover_file_id")
    return list(dict.fromkeys(id for id in wanted if id))


def check_reference_count(references: Sequence[ImageRef]) -> None:
    """Raise `Invalid` unless the number of images is one that a character can have."""
    if not 1 <= len(references) <= _MAX_REFERENCES:
        raise Invalid(f"A character has 1 to {_MAX_REFERENCES} reference images.", param="references")


async def _file_id(conn: Connection, workspace_id: UUID, image: ImageRef) -> UUID | None:
    if isinstance(image, UUID):
        return image
    for reference in image:
        if id := await rows.find_file_id(conn, workspace_id, reference):
            return id
    return None


def _require_image(kind: Kind | None, path: str, param: str) -> None:
    if kind is None:
        raise NotFound(f"{path}: not found in this library.", param=param)
    if kind is not Kind.IMAGE:
        raise Invalid(f"{path}: this is of the kind {kind.value}, not an image.", param=param)
