"""Operations on up to a thousand assets, with a result for each.

All of a call is one transaction of a few statements, however many assets there are. An asset that is refused stops no
other one; what all assets share, like a tag that does not exist, refuses the whole call.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import chain
from uuid import UUID

import msgspec

from mediatheque.errors import AssetNotFound, LibraryError
from mediatheque.library.catalog import folders
from mediatheque.library.catalog.references import lock_collection
from mediatheque.library.catalog.tags import require
from mediatheque.library.catalog.trash import move_to_trash, restore_from_trash
from mediatheque.library.catalog.update import BY_HAND, AssetPatch, changed_values, external_id_taken
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.library.tasks import defer_all
from mediatheque.model import Asset
from mediatheque.records.catalog import assets, trash
from mediatheque.records.catalog import bulk as rows
from mediatheque.records.database import Connection, Database

MAX_ASSETS = 1_000


class BulkOutcome(msgspec.Struct, frozen=True):
    """For each id as it was given, None or why it was refused.

    `file_ids` are the files of assets that went to the trash or were deleted: their URLs are hidden, or end.
    """

    results: tuple[tuple[str, LibraryError | None], ...]
    file_ids: tuple[UUID, ...] = ()


class _Done(msgspec.Struct, frozen=True):
    """The ids of the assets that there were, why some of them were refused, and the ids of files; see `BulkOutcome`."""

    found: Iterable[UUID]
    refused: Mapping[UUID, LibraryError] = {}
    file_ids: tuple[UUID, ...] = ()


class BulkAssets:
    """Operations on many assets of a workspace.

    Each takes ids as clients write them, at most `MAX_ASSETS`. What is no id, unknown, of another workspace or in the
    trash is refused with `AssetNotFound`, alike. An id that is there twice is one asset with one result.
    """

    def __init__(self, database: Database, trash_time: timedelta) -> None:
        self._database = database
        self._trash_time = trash_time

    async def patch(
        self, workspace_id: UUID, ids: Sequence[str], patch: AssetPatch, claim: Claim | None = None
    ) -> BulkOutcome:
        """Change title, caption, favorite, folder and metadata of the assets.

        An asset whose metadata would be out of bounds is refused. Raises `FolderNotFound`.
        """

        async def work(conn: Connection, known: Sequence[UUID]) -> _Done:
            await rows.lock(conn, workspace_id, known)
            found = await assets.find_by_ids(conn, workspace_id, known)
            if isinstance(patch.folder_id, UUID):
                await folders.lock_for_share(conn, workspace_id, patch.folder_id)
            values, refused = _changes(found, patch)
            changed = [msgspec.structs.replace(asset, **values[asset.id]) for asset in found if values.get(asset.id)]
            await rows.update(conn, workspace_id, changed, set(chain.from_iterable(values.values())))
            captioned = [{"asset_id": id} for id, names in values.items() if "caption" in names]
            await defer_all(conn, "embed_asset", captioned)
            return _Done([asset.id for asset in found], refused)

        return await self._run(ids, work, claim)

    async def tag(
        self, workspace_id: UUID, ids: Sequence[str], tag_ids: Sequence[UUID], claim: Claim | None = None, *, add: bool
    ) -> BulkOutcome:
        """Add the tags to the assets, or remove them. Raises `NotFound` when a tag does not exist."""

        async def work(conn: Connection, known: Sequence[UUID]) -> _Done:
            found = await rows.lock(conn, workspace_id, known)
            await require(conn, workspace_id, tag_ids, param="tag_ids")
            await (rows.assign if add else rows.unassign)(conn, found, tag_ids)
            return _Done(found)

        return await self._run(ids, work, claim)

    async def collect(
        self, workspace_id: UUID, ids: Sequence[str], collection_id: UUID, claim: Claim | None = None, *, add: bool
    ) -> BulkOutcome:
        """Add the assets to a collection or a character, or remove them.

        Raises `NotFound` when it does not exist, and `Invalid` when it is a smart collection.
        """

        async def work(conn: Connection, known: Sequence[UUID]) -> _Done:
            found = await rows.lock(conn, workspace_id, known)
            await lock_collection(conn, workspace_id, collection_id, BY_HAND, param="collection_id")
            await (rows.collect if add else rows.uncollect)(conn, found, collection_id)
            return _Done(found)

        return await self._run(ids, work, claim)

    async def trash(self, workspace_id: UUID, ids: Sequence[str], claim: Claim | None = None) -> BulkOutcome:
        """Move the assets to the trash."""

        async def work(conn: Connection, known: Sequence[UUID]) -> _Done:
            moved = await move_to_trash(conn, workspace_id, known, self._trash_time)
            return _Done(moved, file_ids=tuple(chain.from_iterable(moved.values())))

        return await self._run(ids, work, claim)

    async def restore(self, workspace_id: UUID, ids: Sequence[str], claim: Claim | None = None) -> BulkOutcome:
        """Take the assets out of the trash. One whose external id another asset has by now is refused."""

        async def work(conn: Connection, known: Sequence[UUID]) -> _Done:
            taken = await rows.taken_external_ids(conn, workspace_id, known)
            restored = await restore_from_trash(conn, workspace_id, [id for id in known if id not in taken])
            return _Done([*restored, *taken], {id: external_id_taken() for id in taken})

        return await self._run(ids, work, claim)

    async def purge(self, workspace_id: UUID, ids: Sequence[str], claim: Claim | None = None) -> BulkOutcome:
        """Delete assets in the trash for good."""

        async def work(conn: Connection, known: Sequence[UUID]) -> _Done:
            purged = await trash.purge(conn, workspace_id, known)
            return _Done(purged, file_ids=tuple(chain.from_iterable(purged.values())))

        return await self._run(ids, work, claim)

    async def _run(
        self,
        ids: Sequence[str],
        work: Callable[[Connection, Sequence[UUID]], Awaitable[_Done]],
        claim: Claim | None,
    ) -> BulkOutcome:
        parsed = {text: _parse(text) for text in ids}
        known = list(dict.fromkeys(id for id in parsed.values() if id))
        async with self._database.transaction() as conn:
            done = await work(conn, known)
            found = set(done.found)
            results = [(text, _refusal(parsed[text], found, done.refused)) for text in ids]
            outcome = BulkOutcome(tuple(results), done.file_ids)
            await store_reply(conn, claim, outcome)
        return outcome


def _refusal(id: UUID | None, found: set[UUID], refused: Mapping[UUID, LibraryError]) -> LibraryError | None:
    return AssetNotFound() if id is None or id not in found else refused.get(id)


def _parse(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _changes(
    found: Iterable[Asset], patch: AssetPatch
) -> tuple[dict[UUID, dict[str, object]], dict[UUID, LibraryError]]:
    """Return what changes of each asset, by the names of its fields, and why others are refused."""
    values: dict[UUID, dict[str, object]] = {}
    refused: dict[UUID, LibraryError] = {}
    for asset in found:
        try:
            values[asset.id] = changed_values(asset, patch)
        except LibraryError as error:
            refused[asset.id] = error
    return values, refused
