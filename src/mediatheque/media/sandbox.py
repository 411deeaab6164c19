"""Where media is opened: worker processes with limits, so that a hostile file kills a worker and never the server."""

import os
from pathlib import Path

import structlog

from mediatheque.errors import Unavailable, Unreadable
from mediatheque.media.config import Config
from mediatheque.media.decoders import Found
from mediatheque.media.examiner import Lost
from mediatheque.media.exchange import Answer, Failed, NotRead, Refused, Request
from mediatheque.media.formats import FORMATS
from mediatheque.media.pool import Pool
from mediatheque.model import Facts, Format

log = structlog.get_logger()

_UNSAFE = "The file could not be examined safely."


class Sandbox:
    """A pool of confined processes: one for each server process, and it ends with it, however that ends."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._pool: Pool | None = None

    def start(self, *, at_once: bool = True) -> None:
        """Starts the workers and returns when they are ready: about half a second, once for each server process.

        Raises Unavailable if they do not start, which means that a limit leaves them no room to live. If not
        `at_once`, nothing is started before there is a file to open.
        """
        self._pool = Pool(self._config)
        if at_once:
            self._pool.start()

    async def close(self) -> None:
        """Lets files that are being examined finish, then ends the workers."""
        pool, self._pool = self._pool, None
        if pool:
            await pool.close()

    async def probe(self, path: Path, format: Format) -> Facts:
        """Opens the file with the decoder for `format` and says what it found; the type may be refined.

        Raises Unreadable for whatever is wrong with the file, including that it crashes, hangs or exhausts its worker.
        """
        if self._pool is None:
            raise Unavailable
        try:
            answer = await self._pool.ask(Request(os.fsencode(path), format.mime))
        except TimeoutError as error:
            log.warning("probe_timed_out", mime=format.mime, seconds=self._config.timeout_seconds)
            raise Unreadable(_UNSAFE) from error
        except Lost as error:
            log.warning("probe_killed_worker", mime=format.mime, exitcode=error.exitcode)
            raise Unreadable(_UNSAFE) from error
        return _facts(_found(answer, format))


def _found(answer: Answer, format: Format) -> Found:
    match answer:
        case Refused(message):
            raise Unreadable(message)
        case NotRead(errno, message):
            raise OSError(message) if errno is None else OSError(errno, message)
        case Failed(traceback):
            log.error("probe_failed", mime=format.mime, exception=traceback)
            raise Unreadable(_UNSAFE)
        case Found():
            return answer


def _facts(found: Found) -> Facts:
    return Facts(
        mime=found.mime,
        kind=FORMATS[found.mime].kind,
        width=found.width,
        height=found.height,
        duration=found.duration,
    )
