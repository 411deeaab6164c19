"""What can be done about what `verify` finds: bytes without rows go, and rows without their bytes."""

from collections import Counter
from collections.abc import Sequence

from mediatheque.blobs import BlobStore
from mediatheque.library.maintenance.verify import Fault, Finding, Verification
from mediatheque.library.storage import delete_marked
from mediatheque.records.database import Database
from mediatheque.records.storage import blobs, pending_writes
from mediatheque.records.storage import verification as rows

BROKEN = frozenset({Fault.MISSING, Fault.WRONG_SIZE, Fault.DAMAGED})
_A_FEW = 10


class Repair:
    """Puts findings right, one by one. Each repair is whole or not done, and can be done again after a crash."""

    def __init__(self, database: Database, store: BlobStore) -> None:
        self._database = database
        self._store = store

    async def repair(self, finding: Finding) -> list[str]:
        """What was done, a line each; nothing for faults that need a person, and for what has changed since."""
        match finding:
            case Finding(fault=Fault.UNKNOWN, storage_key=str(key)):
                await self._remove_bytes(key)
                return [f"removed the bytes under {key}"]
            case Finding(fault=Fault.UNREFERENCED, blob=blob) if blob:
                async with self._database.transaction() as conn:
                    await blobs.lock(conn, blob.id)
                    await blobs.mark_if_unreferenced(conn, blob.id)
                return [f"left blob {blob.id} to the sweep"]
            case Finding(fault=fault, blob=blob) if blob and fault in BROKEN:
                async with self._database.transaction() as conn:
                    removed = await rows.remove(conn, blob)
                if removed is None:
                    return []
                await delete_marked(self._database, self._store, [blob.storage_key])
                return [
                    *(f"removed asset {id} {title!r}" for id, title in removed.assets),
                    *(f"removed file {id} {name!r}" for id, name in removed.files),
                    f"removed blob {blob.id}",
                ]
        return []

    async def _remove_bytes(self, key: str) -> None:
        async with self._database.connection() as conn:
            await pending_writes.mark_for_deletion(conn, [key])
        await delete_marked(self._database, self._store, [key])


def doubts(verification: Verification, findings: Sequence[Finding]) -> list[str]:
    """Reasons to remove nothing: the store may be the wrong one, not mounted or badly read, or a copy may be older.

    Rows without bytes lose nothing by going. Damaged bytes do, so that a person decides.
    """
    faults = Counter(finding.fault for finding in findings)
    missing, unknown = faults[Fault.MISSING], faults[Fault.UNKNOWN]
    damaged = faults[Fault.DAMAGED] + faults[Fault.WRONG_SIZE]
    said = []
    if damaged:
        said.append(f"{damaged} blobs are damaged, and may be worth saving: is it the disk, or the memory?")
    if missing and (missing == verification.blobs or _most(missing, verification.blobs)):
        said.append(f"{missing} of {verification.blobs} blobs have no bytes: is the store the right one, and mounted?")
    if unknown > max(_A_FEW, verification.stored // 20):
        said.append(f"{unknown} of {verification.stored} stored blobs are unknown: do they belong to another library?")
    return said


def _most(some: int, of: int) -> bool:
    return some > _A_FEW and 2 * some > of
