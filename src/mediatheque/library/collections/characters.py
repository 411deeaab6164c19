"""Characters: collections of assets that show one person or figure, known by a handle."""

import re
import unicodedata
from collections.abc import Sequence
from uuid import UUID

import uuid_utils.compat as uuids

from mediatheque.errors import Conflict, Invalid, Missing
from mediatheque.library.collections import images, patch
from mediatheque.library.collections.base import CollectionBase
from mediatheque.library.collections.images import ImageRef
from mediatheque.library.collections.patch import CollectionPatch
from mediatheque.library.idempotency import Claim
from mediatheque.model import Collection, CollectionType
from mediatheque.records.collections import collections as rows
from mediatheque.records.collections import images as image_rows
from mediatheque.records.database import Connection

_HANDLE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MAX_STEM = 56


class Characters(CollectionBase):
    """Operations on characters: create, find, change and delete. A handle never changes."""

    noun = "Character"
    types = (CollectionType.CHARACTER,)
    listed = types

    async def find_by_handle(self, workspace_id: UUID, identifiers: Sequence[str]) -> list[Collection]:
        """Return the characters of those handles, ignoring case and a leading @. Unknown handles are ignored."""
        wanted = [name for each in identifiers if _HANDLE.fullmatch(name := each.removeprefix("@"))]
        async with self._database.connection() as conn:
            return await rows.find_by_handles(conn, workspace_id, wanted)

    async def create(
        self,
        workspace_id: UUID,
        wanted: CollectionPatch,
        references: Sequence[ImageRef],
        *,
        identifier: str | None = None,
        claim: Claim | None = None,
    ) -> Collection:
        """Create a character with a name, a description and 1 to 20 reference images.

        Without an identifier it gets a free one, derived from its name. Raises `Missing` and `Invalid` when a value is
        missing or not valid, `NotFound` when an image does not exist, and `Conflict` when the identifier is taken.
        """
        handle = None if identifier is None else _parse_handle(identifier)
        _require_name_and_description(wanted)
        _check(wanted, references)
        async with self._database.transaction() as conn:
            file_ids = await images.lock_for_share(
                conn, workspace_id, references, cover_id=wanted.cover_file_id or None
            )
            id = await _insert(conn, workspace_id, wanted, handle)
            await image_rows.insert(conn, id, file_ids)
            return await self._reload_and_reply(conn, workspace_id, id, claim)

    async def update(
        self,
        workspace_id: UUID,
        id: UUID,
        changes: CollectionPatch,
        claim: Claim | None = None,
        *,
        references: Sequence[ImageRef] | None = None,
        identifier: str | None = None,
    ) -> Collection:
        """Apply the patch, replace the reference images unless None, and return the character.

        Raises `Invalid` when a value is not valid or the identifier is not the present one, and `NotFound` when the
        character or an image does not exist.
        """
        _check(changes, references)
        async with self._database.transaction() as conn:
            found = await self._require(conn, workspace_id, id)
            if identifier is not None and identifier.removeprefix("@").lower() != (found.identifier or "").lower():
                raise Invalid("A character's identifier cannot be changed.", param="identifier")
            file_ids = await images.lock_for_share(
                conn, workspace_id, references or (), cover_id=changes.cover_file_id or None
            )
            await rows.update(conn, workspace_id, id, changes.values)
            if references is not None:
                await image_rows.replace(conn, workspace_id, id, file_ids)
            return await self._reload_and_reply(conn, workspace_id, id, claim)


def _require_name_and_description(wanted: CollectionPatch) -> None:
    for name in ("name", "description"):
        if name not in wanted.values:
            raise Missing(f"A character has a {name}.", param=name)


def _check(wanted: CollectionPatch, references: Sequence[ImageRef] | None) -> None:
    patch.check(wanted, CollectionType.CHARACTER)
    if references is not None:
        images.check_reference_count(references)


async def _insert(conn: Connection, workspace_id: UUID, wanted: CollectionPatch, handle: str | None) -> UUID:
    """Insert the character under the handle, or without one under the first free handle derived from its name."""
    id = uuids.uuid7()
    chosen = handle or await _free_handle(conn, workspace_id, wanted)
    while not await rows.insert(
        conn,
        id=id,
        workspace_id=workspace_id,
        collection_type=CollectionType.CHARACTER,
        values={**wanted.values, "identifier": chosen},
    ):
        if handle:
            raise Conflict(f"There is a character @{handle} already.", param="identifier")
        chosen = await _free_handle(conn, workspace_id, wanted)
    return id


async def _free_handle(conn: Connection, workspace_id: UUID, wanted: CollectionPatch) -> str:
    stem = _slug(str(wanted.name))
    taken = await rows.taken_handles(conn, workspace_id, stem)
    number = 1
    while (chosen := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return chosen


def _slug(name: str) -> str:
    """Return the name's Latin letters and digits, lower case, without accents, words joined by hyphens.

    A name without such characters becomes "character".
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_MAX_STEM].strip("-") or "character"


def _parse_handle(identifier: str) -> str:
    handle = identifier.removeprefix("@")
    if not _HANDLE.fullmatch(handle):
        raise Invalid("identifier has 1 to 64 of A-Z a-z 0-9 _ . - and perhaps a leading @.", param="identifier")
    return handle
