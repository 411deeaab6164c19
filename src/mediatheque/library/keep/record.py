"""The rows of a keep: begun, completed by what is learned about it, and ended. All in the caller's transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import structlog
import uuid_utils.compat as uuids

from mediatheque.library.keep.outputs import MAX_OUTPUTS
from mediatheque.library.keep.provider import FoundOutput, Progress, Report
from mediatheque.library.tasks import schedule
from mediatheque.model.keep import Keep, KeepOutput, KeepState, Labels, OutputState
from mediatheque.records.database import Connection
from mediatheque.records.keep import keeps as rows
from mediatheque.records.keep import outputs as output_rows

TASK = "advance_keep"
_MAX_PROMPT = 2_000
_MAX_TEXT = 255
_MAX_REASON = 500
_log = structlog.get_logger()


def new_keep(workspace_id: UUID, provider: str, subject: str, lifetime: timedelta, labels: Labels) -> Keep:
    """Return a keep that waits for its request, as it will be."""
    now = datetime.now(UTC)
    return Keep(
        id=uuids.uuid7(),
        workspace_id=workspace_id,
        provider=provider,
        subject=subject,
        state=KeepState.WAITING,
        labels=labels,
        created_at=now,
        give_up_at=now + lifetime,
        next_attempt_at=now,
    )


async def begin(conn: Connection, keep: Keep, report: Report | None, lifetime: timedelta, *, revives: bool) -> Keep:
    """Insert the keep, or complete the one of the same subject, by the report; return it as it is then.

    `revives`: a keep that has failed or was canceled begins again. Otherwise only a result revives one that has failed.
    """
    keep = msgspec.structs.replace(keep, endpoint=_clean(keep.endpoint, _MAX_TEXT))
    if not await rows.insert(conn, keep):
        known = await rows.lock_by_subject(conn, keep.workspace_id, keep.provider, keep.subject)
        if known is None:
            return await begin(conn, keep, report, lifetime, revives=revives)  # it was deleted this very moment
        if known.has_ended and not await _is_revived(conn, known, report, revives=revives):
            return known
        known = await revive(conn, known, lifetime) if known.has_ended else known
        keep = msgspec.structs.replace(
            known, endpoint=known.endpoint or keep.endpoint, sealed_key=keep.sealed_key or known.sealed_key
        )
    return await learn(conn, keep, report)


async def _is_revived(conn: Connection, known: Keep, report: Report | None, *, revives: bool) -> bool:
    """Whether a keep that has ended begins again. One that is done does for outputs that are new."""
    outputs = report.outputs if report and report.progress is Progress.DONE else ()
    match known.state:
        case KeepState.DONE:
            return await output_rows.has_others(conn, known.id, [each.path for each in outputs])
        case KeepState.FAILED:
            return revives or bool(outputs)
        case _:
            return revives


async def revive(conn: Connection, keep: Keep, lifetime: timedelta) -> Keep:
    """Return a keep that has ended as one that begins again: with its known outputs, if there are any."""
    now = datetime.now(UTC)
    await output_rows.retry_failed(conn, keep.id)
    known = (await output_rows.list_all(conn, [keep.id]))[keep.id]
    state = KeepState.SAVING if any(each.state is OutputState.PENDING for each in known) else KeepState.WAITING
    return msgspec.structs.replace(
        keep, state=state, reason=None, failures=0, unfinished=0, give_up_at=now + lifetime, ended_at=None
    )


async def learn(conn: Connection, keep: Keep, report: Report | None) -> Keep:
    """Write the keep with what the report says, and schedule its next attempt for now. The row is locked.

    Of several results the first one counts, of others only the fresh URLs.
    """
    now = datetime.now(UTC)
    keep = msgspec.structs.replace(keep, next_attempt_at=now)
    if report is not None:
        keep = msgspec.structs.replace(
            keep,
            endpoint=keep.endpoint or _clean(report.endpoint, _MAX_TEXT),
            prompt=keep.prompt or _clean(report.prompt, _MAX_PROMPT),
            inputs=keep.inputs or report.inputs,
        )
        if report.progress is Progress.FAILED and keep.state is KeepState.WAITING:
            return await end(conn, keep, KeepState.FAILED, report.reason or "The request failed.")
        if report.progress is Progress.DONE:
            if len(report.outputs) > MAX_OUTPUTS:
                return await end(conn, keep, KeepState.FAILED, f"The result has more than {MAX_OUTPUTS} URLs.")
            await output_rows.upsert(conn, keep.id, [_new_output(each) for each in report.outputs])
            keep = msgspec.structs.replace(keep, state=KeepState.SAVING, failures=0, reason=None)
    await rows.update(conn, keep)
    await schedule(conn, now, TASK, keep_id=keep.id)
    return keep


async def postpone(conn: Connection, keep: Keep, at: datetime, *, reason: str | None, failures: int) -> None:
    """Write that the attempt has ended, and schedule the next one. The row is locked."""
    keep = msgspec.structs.replace(
        keep, next_attempt_at=at, reason=reason and reason[:_MAX_REASON], failures=failures, unfinished=0
    )
    await rows.update(conn, keep)
    await schedule(conn, at, TASK, keep_id=keep.id)


async def end(conn: Connection, keep: Keep, state: KeepState, reason: str | None) -> Keep:
    """Write that the keep has ended, and erase its key. The row is locked."""
    reason = _clean(reason, _MAX_REASON)
    ended = msgspec.structs.replace(
        keep,
        state=state,
        reason=reason,
        sealed_key=None,
        unfinished=0,
        next_attempt_at=None,
        ended_at=datetime.now(UTC),
    )
    await rows.update(conn, ended)
    log = _log.warning if state is KeepState.FAILED else _log.info
    log("keep_ended", keep=str(keep.id), provider=keep.provider, state=state.value, reason=reason)
    return ended


def summary(outputs: Sequence[KeepOutput]) -> tuple[KeepState, str | None]:
    """Return how a keep with these outputs, none of which is pending, has ended, and why it failed if it did."""
    failed = [each for each in outputs if each.state is OutputState.FAILED]
    if failed:
        return KeepState.FAILED, f"{len(failed)} of {len(outputs)} outputs could not be kept: {failed[0].reason}"
    if not any(each.state is OutputState.KEPT for each in outputs):
        return KeepState.FAILED, "The result has no media file."
    return KeepState.DONE, None


def _new_output(found: FoundOutput) -> KeepOutput:
    return KeepOutput(
        path=found.path,
        url=found.url,
        name=_clean(found.name, _MAX_TEXT),
        is_media=found.is_media,
        asset_id=uuids.uuid7(),
    )


def _clean(text: str | None, length: int) -> str | None:
    """Return the text as PostgreSQL can store it, or None when there is none."""
    return (text or "").replace("\0", "").encode("utf-8", "replace").decode()[:length] or None
