"""The worker's part: asking for the requests of keeps until they are done, and saving their outputs.

Each attempt is recorded before it begins and after it has ended, together with the task of the next one. So a keep
whose worker dies is attempted again, and one that kills its workers becomes a dead letter.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import structlog

from mediatheque.errors import FetchFailed, LibraryError, StorageFull, Unavailable
from mediatheque.library.keep import record
from mediatheque.library.keep.asking import Asking
from mediatheque.library.keep.backoff import next_poll, next_retry
from mediatheque.library.keep.outcomes import Outcomes
from mediatheque.library.keep.provider import Progress, Report, RequestUnknown
from mediatheque.library.keep.saving import OutputSaver
from mediatheque.library.tasks import lock_of, schedule
from mediatheque.model.keep import Keep, KeepOutput, KeepState, OutputState
from mediatheque.records.database import Database
from mediatheque.records.keep import keeps as rows
from mediatheque.records.keep import outputs as output_rows

_MAX_UNFINISHED = 10
"""Attempts in a row whose end was not recorded, after which they are what ends the workers."""
_MAX_BUGS = 6
_UNKNOWN_FOR = timedelta(minutes=15)
"""How long a request may be unknown to its provider, which may tell of it late."""
_WHILE_SUSPENDED = timedelta(minutes=5)
_LOST_AFTER = timedelta(minutes=1)
_BATCH = 1_000
_log = structlog.get_logger()


class KeepWork:
    """Attempts at keeps."""

    def __init__(self, database: Database, asking: Asking, saver: OutputSaver) -> None:
        self._database = database
        self._asking = asking
        self._saver = saver
        self._outcomes = Outcomes(database)

    async def advance(self, id: UUID) -> None:
        """Make one attempt, and schedule the next one unless the keep has ended. Raises only `DatabaseUnavailable`."""
        keep = await self._begin(id)
        if keep is None:
            return
        try:
            if keep.state is KeepState.WAITING:
                await self._poll(keep)
            else:
                await self._save(keep)
        except (Unavailable, StorageFull) as error:
            await self._outcomes.postpone(keep, error.message)  # raises again when it is the database that is away
        except LibraryError as error:
            await self._outcomes.fail(keep, error.message)
        except Exception as error:  # noqa: BLE001 - a bug must not lose what was accepted
            _log.exception("keep_attempt_failed", keep=str(id))
            if keep.failures + 1 >= _MAX_BUGS:
                await self._outcomes.fail(keep, f"An internal error occurred: {type(error).__name__}.")
            else:
                await self._outcomes.postpone(keep, "An internal error occurred.")

    async def requeue_lost(self) -> int:
        """Schedule the next attempt of keeps that have none. Return how many."""
        before = datetime.now(UTC) - _LOST_AFTER
        lock = lock_of(record.TASK, keep_id="{id}")
        async with self._database.transaction() as conn:
            lost = await rows.list_lost(conn, before, _BATCH, lock=lock)
            for id in lost:
                await schedule(conn, datetime.now(UTC), record.TASK, keep_id=id)
        return len(lost)

    async def _begin(self, id: UUID) -> Keep | None:
        """Record that an attempt begins; return None when the keep has ended, or must wait with its workspace."""
        async with self._database.transaction() as conn:
            keep = await rows.lock(conn, id)
            if keep is None or keep.has_ended:
                return None
            if keep.unfinished >= _MAX_UNFINISHED:
                reason = f"The last {keep.unfinished} attempts ended with their workers."
                await record.end(conn, keep, KeepState.FAILED, reason)
                return None
            if not await rows.is_live(conn, keep.workspace_id):
                at = datetime.now(UTC) + _WHILE_SUSPENDED
                await record.postpone(conn, keep, at, reason=keep.reason, failures=keep.failures)
                return None
            keep = msgspec.structs.replace(keep, attempts=keep.attempts + 1, unfinished=keep.unfinished + 1)
            await rows.update(conn, keep)
        return keep

    async def _poll(self, keep: Keep) -> None:
        """Ask the provider, and go on as it answers. Raises a `LibraryError` that ends the keep, and `Unavailable`."""
        try:
            report = await self._asking.ask(keep)
        except FetchFailed as error:
            return await self._outcomes.postpone(keep, f"{keep.provider} did not answer: {error.message}")
        except RequestUnknown as error:
            if datetime.now(UTC) - keep.created_at > _UNKNOWN_FOR:
                raise
            return await self._outcomes.postpone(keep, error.message)
        if report is None:
            never = f"No webhook announced the result, and no API key of {keep.provider} is stored."
            return await self._outcomes.wait(keep, keep.give_up_at, never)
        if report.progress is Progress.RUNNING:
            late = f"{keep.provider} did not finish the request in time."
            return await self._outcomes.wait(keep, next_poll(keep, datetime.now(UTC)), late)
        async with self._database.transaction() as conn:
            now = await rows.lock(conn, keep.id)
            if now and now.state is KeepState.WAITING:
                await record.learn(conn, msgspec.structs.replace(now, unfinished=0), report)
        return None

    async def _save(self, keep: Keep) -> None:
        """Attempt every output that is pending, ask for fresh URLs where some have ended, and conclude."""
        provider = self._asking.provider_of(keep)
        async with self._database.connection() as conn:
            outputs = (await output_rows.list_all(conn, [keep.id]))[keep.id]
        has_gone = False
        for index, output in enumerate(outputs):
            if output.state is OutputState.PENDING:
                number = index + 1 if len(outputs) > 1 else 0
                after = await self._saver.save(keep, output, provider, number=number)
                has_gone = has_gone or after.gone > output.gone
                if not await self._goes_on(keep, has_progress=after.state is not OutputState.PENDING):
                    return
        fresh = await self._ask_for_fresh(keep) if has_gone else None
        await self._conclude(keep, fresh)

    async def _ask_for_fresh(self, keep: Keep) -> Report | None:
        """Return the result as the provider tells it now, or None when it does not."""
        try:
            report = await self._asking.ask(keep)
        except LibraryError as error:
            _log.info("no_fresh_urls", keep=str(keep.id), reason=error.message)
            return None
        return report if report and report.progress is Progress.DONE else None

    async def _goes_on(self, keep: Keep, *, has_progress: bool) -> bool:
        """Return whether the keep is still to be saved; an output that is settled is progress."""
        async with self._database.transaction() as conn:
            now = await rows.lock(conn, keep.id)
            if now is None or now.has_ended:
                return False
            if has_progress:
                await rows.update(conn, msgspec.structs.replace(now, unfinished=1))
        return True

    async def _conclude(self, keep: Keep, fresh: Report | None) -> None:
        """End the keep when no output is pending, else schedule the next attempt."""
        async with self._database.transaction() as conn:
            now = await rows.lock(conn, keep.id)
            if now is None or now.has_ended:
                return
            if fresh is not None:
                await output_rows.refresh(conn, keep.id, {each.path: each.url for each in fresh.outputs})
            outputs = (await output_rows.list_all(conn, [keep.id]))[keep.id]
            pending = [each for each in outputs if each.state is OutputState.PENDING]
            if pending and now.give_up_at <= datetime.now(UTC):
                pending = [msgspec.structs.replace(each, state=OutputState.FAILED) for each in pending]
                for each in pending:
                    await output_rows.update(conn, keep.id, each)
                outputs, pending = (await output_rows.list_all(conn, [keep.id]))[keep.id], []
            if not pending:
                await record.end(conn, now, *record.summary(outputs))
                return
            at = next_retry(now, now.failures + 1, datetime.now(UTC))
            await record.postpone(conn, now, at, reason=_first_reason(pending), failures=now.failures + 1)


def _first_reason(pending: list[KeepOutput]) -> str | None:
    return next((each.reason for each in pending if each.reason), None)
