"""Where media is opened: worker processes with limits, so that a hostile file kills a worker and never the server."""

import os
from pathlib import Path
from typing import TypeVar

import structlog

from mediatheque.errors import Unavailable, Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import ProbeResult
from mediatheque.media.formats import FORMATS
from mediatheque.media.frames import Frame
from mediatheque.media.sandbox.client import WorkerCrashed
from mediatheque.media.sandbox.pool import Pool
from mediatheque.media.sandbox.protocol import (
    Answer,
    CrashReply,
    FramesReply,
    ProbeRequest,
    ReadErrorReply,
    RefusedReply,
    RenderRequest,
    Request,
)
from mediatheque.model import Format, Kind, MediaInfo

log = structlog.get_logger()

_UNSAFE = "The file could not be examined safely."
_SEEN_KINDS = frozenset({Kind.IMAGE, Kind.VIDEO})
_PDF = "application/pdf"

_Told = TypeVar("_Told", ProbeResult, FramesReply)


class Sandbox:
    """Confined processes: some for each server process, and they end with it, however that ends.

    Those that show files are not those that probe them: pictures take far longer, and no upload shall wait for them.
    """

    def __init__(self, config: SandboxConfig, *, processes: int = 2) -> None:
        self._config = config
        self._processes = processes
        self._probing: Pool | None = None
        self._showing: Pool | None = None

    def start(self, *, at_once: bool = True) -> None:
        """Starts the workers that probe and returns when they are ready: about half a second, once for each process.

        Raises Unavailable if they do not start, which means that a limit leaves them no room to live. If not
        `at_once`, nothing is started before there is a file to open; workers that show files never are.
        """
        self._probing, self._showing = (Pool(self._config, self._processes) for _ in range(2))
        if at_once:
            self._probing.start()

    async def close(self) -> None:
        """Lets files that are being opened finish, then ends the workers."""
        pools = self._probing, self._showing
        self._probing = self._showing = None
        for pool in pools:
            if pool:
                await pool.close()

    async def probe(self, path: Path, format: Format) -> MediaInfo:
        """Opens the file with the decoder for `format` and says what it found; the type may be refined.

        Raises Unreadable for whatever is wrong with the file, including that it crashes, hangs or exhausts its worker.
        """
        return _facts(await self._ask(self._probing, ProbeRequest(os.fsencode(path), format.mime), ProbeResult))

    async def frames(self, path: Path, format: Format, *, most: int = 6, edge: int = 288) -> list[Frame]:
        """What the file looks like: one frame of a picture or a PDF, at most `most` of a video, none of anything else.

        The shorter edge is `edge` pixels, or fewer: nothing is enlarged but a page, and the longer edge has a bound.
        An animated picture is its first frame; a PDF its first page; the frames of a video are spread evenly over it,
        and one of which nothing can be decoded has none. Sound has none either, whatever its cover.

        Raises Unreadable for whatever is wrong with the file, as `probe` does and under the same limits. They may stop
        here what `probe` lets pass, since it decodes no picture: a PNG takes 4 bytes of memory for each pixel, or 8
        if it is transparent, and of the largest that are accepted the latter have no room in a worker.
        """
        if format.kind not in _SEEN_KINDS and format.mime != _PDF:
            return []
        shown = await self._ask(self._showing, RenderRequest(os.fsencode(path), format.mime, most, edge), FramesReply)
        return shown.frames

    async def _ask(self, pool: Pool | None, request: Request, kind: type[_Told]) -> _Told:
        if pool is None:
            raise Unavailable
        try:
            return _told(await pool.ask(request), request, kind)
        except TimeoutError as error:
            log.warning("media_worker_timed_out", **_named(request), seconds=self._config.timeout_seconds)
            raise Unreadable(_UNSAFE) from error
        except WorkerCrashed as error:
            log.warning("media_worker_lost", **_named(request), exitcode=error.exitcode)
            raise Unreadable(_UNSAFE) from error


def _told(answer: Answer, request: Request, kind: type[_Told]) -> _Told:
    match answer:
        case RefusedReply(message):
            raise Unreadable(message)
        case ReadErrorReply(errno, message):
            raise OSError(message) if errno is None else OSError(errno, message)
        case CrashReply(traceback):
            log.error("media_decoder_failed", **_named(request), exception=traceback)
            raise Unreadable(_UNSAFE)
        case kind():
            return answer
    raise TypeError(f"{type(answer).__name__} does not answer {type(request).__name__}")


def _named(request: Request) -> dict[str, str]:
    return {"request": type(request).__name__.lower(), "mime": request.mime}


def _facts(found: ProbeResult) -> MediaInfo:
    return MediaInfo(
        mime=found.mime,
        kind=FORMATS[found.mime].kind,
        width=found.width,
        height=found.height,
        duration=found.duration,
    )
