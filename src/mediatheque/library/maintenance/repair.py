"""Repair of what `verify` finds: bytes without rows are deleted, and rows without bytes; lost work is queued."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from mediatheque.blobs import BlobStore
from mediatheque.library.maintenance.lost_work import LostWork
from mediatheque.library.maintenance.verify import Finding, FindingKind, Verification
from mediatheque.library.storage import delete_marked
from mediatheque.model import Blob
from mediatheque.records.accounts import usage
from mediatheque.records.database import Database
from mediatheque.records.storage import blobs, pending_writes
from mediatheque.records.storage import verification as rows

BROKEN = frozenset({FindingKind.MISSING, FindingKind.WRONG_SIZE, FindingKind.DAMAGED})
_FEW = 10


class Repair:
    """Operations on findings: repair one by one.

    Each repair is done completely or not at all, and can be repeated after a crash.
    """

    def __init__(self, database: Database, store: BlobStore) -> None:
        self._database = database
        self._store = store
        self._lost_work = LostWork(database)

    async def repair(self, finding: Finding) -> list[str]:
        """Repair a finding; returns a line for each thing done, none when a person must decide or rows have changed."""
        match finding:
            case Finding(fault=FindingKind.UNKNOWN, storage_key=str(key)):
                await self._delete_bytes(key)
                return [f"removed the bytes under {key}"]
            case Finding(fault=FindingKind.UNREFERENCED, blob=blob) if blob:
                async with self._database.transaction() as conn:
                    await blobs.lock(conn, blob.id)
                    await blobs.mark_if_unreferenced(conn, blob.id)
                return [f"left blob {blob.id} to the garbage collection"]
            case Finding(fault=fault, blob=blob) if blob and fault in BROKEN:
                return await self._remove(blob)
            case Finding(fault=FindingKind.MISCOUNTED, workspace_id=id) if id:
                return await self._recount(id)
            case Finding(fault=fault, promised=id) if id:
                return [await self._queue(fault, id)]
        return []

    async def _remove(self, blob: Blob) -> list[str]:
        async with self._database.transaction() as conn:
            removed = await rows.remove(conn, blob)
        if removed is None:
            return []
        await delete_marked(self._database, self._store, [blob.storage_key])
        return [
            *(f"gave asset {id} {title!r} its older content back" for id, title in removed.returned),
            *(f"removed asset {id} {title!r}" for id, title in removed.assets),
            *(f"removed file {id} {name!r}" for id, name in removed.files),
            f"removed blob {blob.id}",
        ]

    async def _recount(self, workspace_id: UUID) -> list[str]:
        async with self._database.transaction() as conn:
            wrong = await usage.recount(conn, workspace_id)
        return [f"corrected {wrong} counters of workspace {workspace_id}"] if wrong else []

    async def _queue(self, fault: FindingKind, id: UUID) -> str:
        if fault is FindingKind.NOT_EMBEDDED:
            await self._lost_work.requeue_asset(id)
            return f"queued asset {id} to be embedded"
        await self._lost_work.requeue_upload(id)
        return f"queued upload {id} to be completed"

    async def _delete_bytes(self, key: str) -> None:
        async with self._database.connection() as conn:
            await pending_writes.mark_for_deletion(conn, [key])
        await delete_marked(self._database, self._store, [key])


def doubts(verification: Verification, findings: Sequence[Finding]) -> list[str]:
    """Return reasons not to repair: the store may be the wrong one, not mounted, failing, or an older copy.

    Deleting rows without bytes loses nothing. Deleting damaged bytes does, so that a person decides.
    """
    faults = Counter(finding.fault for finding in findings)
    missing, unknown = faults[FindingKind.MISSING], faults[FindingKind.UNKNOWN]
    damaged = faults[FindingKind.DAMAGED] + faults[FindingKind.WRONG_SIZE]
    reasons = []
    if damaged:
        reasons.append(
            f"{damaged} blobs are damaged, and part of them may be readable: are the disk and the memory sound?"
        )
    if missing and (missing == verification.blobs or _is_majority(missing, verification.blobs)):
        reasons.append(
            f"{missing} of {verification.blobs} blobs have no bytes: is the store the right one, and mounted?"
        )
    if unknown > max(_FEW, verification.stored // 20):
        reasons.append(
            f"{unknown} of {verification.stored} stored blobs are unknown: do they belong to another library?"
        )
    return reasons


def _is_majority(some: int, of: int) -> bool:
    return some > _FEW and 2 * some > of
