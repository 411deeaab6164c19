"""All rows of a new file, written by one statement: a function of PostgreSQL (migration 0017)."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import psycopg
from psycopg.rows import DictRow

from mediatheque.errors import KeyRefused, TransactionConflict
from mediatheque.model import Asset, Blob, BlobState, EmbeddedMetadata, File
from mediatheque.records.actor import SET_ACTOR, actor_text
from mediatheque.records.catalog.assets import map_external_id
from mediatheque.records.database import Connection, fetch_one
from mediatheque.records.jobs import Job


class BlobCollected(Exception):
    """The duplicate was deleted by garbage collection."""


class OriginStored(Exception):
    """The workspace has a file of the same origin URL."""


class WriteGivenUp(Exception):
    """Garbage collection has marked the new bytes for deletion."""


_REFUSALS = {"MQ001": BlobCollected, "MQ002": OriginStored, "MQ003": WriteGivenUp}
_CALL = "SELECT * FROM record_file(%s::uuid, %s::jsonb, %s::text, %s::jsonb, %s::jsonb, %s::jsonb)"
# The first argument refers to the actor, so that PostgreSQL sets it before it calls the function. A file without an
# asset has its row of the audit log from here, unless this call repeats one that was committed.
_CALL_AS_ACTOR = f"""
    SELECT r.*, CASE WHEN %s AND r.file_created_at = now() THEN record_audit(%s, 'file.create', %s) END AS recorded
    FROM ({SET_ACTOR}) s, LATERAL record_file(
        CASE WHEN s.actor <> '' THEN %s::uuid END, %s::jsonb, %s::text, %s::jsonb, %s::jsonb, %s::jsonb
    ) r
"""  # noqa: S608 - constants


async def record_file(
    conn: Connection,
    file: File,
    asset: Asset | None = None,
    task: Job | None = None,
    *,
    is_duplicate: bool = False,
    replacing: str | None = None,
    embedded: EmbeddedMetadata | None = None,
) -> File:
    """Insert the file, its blob unless that `is_duplicate`, and the asset with its task, all or nothing.

    Return the file with the blob that it has: that of a concurrent request, if that inserted the same content first.
    The pending write of the blob's storage key ends. `replacing` is a storage key without all its bytes: a blob that
    still has it gets this one, and what there is of the bytes is marked for deletion. `embedded` is what a new blob
    says of itself.

    When the connection was lost, the same call may be repeated: it changes nothing if the first one was committed.
    Raises `BlobCollected`, `OriginStored`, `WriteGivenUp`, `ExternalIdTaken`; `TransactionConflict` when such a first
    call was committed at the same moment; and `KeyRefused` when the workspace was deleted while the request ran.
    """
    blob = file.blob
    parameters = (
        blob.id if is_duplicate else None,
        None if is_duplicate else _json(_blob_columns(blob) | _embedded_columns(embedded)),
        replacing,
        _json(_file_columns(file)),
        _json(_asset_columns(asset)) if asset else None,
        _json(task) if asset and task else None,
    )
    actor = actor_text()
    with _map_refusals(), map_external_id():
        if actor is None:
            row = await fetch_one(await conn.execute(_CALL, parameters))
        else:
            audited = (asset is None, file.workspace_id, file.id, actor)
            row = await fetch_one(await conn.execute(_CALL_AS_ACTOR, audited + parameters))
    return _as_recorded(file, row)


def _as_recorded(file: File, row: DictRow) -> File:
    """Return the file with the blob and the time of its row."""
    blob = msgspec.structs.replace(
        file.blob,
        id=row["blob_id"],
        storage_key=row["storage_key"],
        state=BlobState(row["state"]) if row["state"] else None,
        state_reason=row["state_reason"],
    )
    return msgspec.structs.replace(file, blob=blob, created_at=row["file_created_at"])


@contextmanager
def _map_refusals() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        raise TransactionConflict from error
    except psycopg.Error as error:
        if error.sqlstate == "MQ011":
            raise KeyRefused from error
        if error.sqlstate in _REFUSALS:
            raise _REFUSALS[error.sqlstate] from error
        raise


def _json(columns: object) -> str:
    return msgspec.json.encode(columns).decode()


def _blob_columns(blob: Blob) -> dict[str, object]:
    return {
        "id": blob.id,
        "workspace_id": blob.workspace_id,
        "sha256": f"\\x{blob.sha256.hex()}",
        "crc32": blob.crc32,
        "size": blob.size,
        "storage_key": blob.storage_key,
        **msgspec.structs.asdict(blob.media_info),
    }


def _embedded_columns(embedded: EmbeddedMetadata | None) -> dict[str, object]:
    return {"embedded": embedded.data, "generation": embedded.generation} if embedded else {}


def _file_columns(file: File) -> dict[str, object]:
    return {
        "id": file.id,
        "workspace_id": file.workspace_id,
        "name": file.name,
        "origin_url": file.origin_url,
        "expires_at": file.expires_at,
        "acl": file.acl,
        "mime": file.blob.media_info.mime,
    }


def _asset_columns(asset: Asset) -> dict[str, object]:
    return {
        "id": asset.id,
        "workspace_id": asset.workspace_id,
        "kind": asset.kind,
        "title": asset.title,
        "caption": asset.caption,
        "source": asset.source,
        "endpoint": asset.endpoint,
        "request_id": asset.request_id,
        "is_favorite": asset.is_favorite,
        "folder_id": asset.folder_id,
        "metadata": asset.metadata,
        "external_id": asset.external_id,
        "created_at": asset.created_at,
    }
