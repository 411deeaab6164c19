"""Decoding of media in worker processes with limits, so that a malicious file can kill a worker, never the server."""

import os
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog

from mediatheque.errors import Unavailable, Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import TOO_MUCH_MEMORY, ProbeResult
from mediatheque.media.formats import FORMATS
from mediatheque.media.frames import Frame
from mediatheque.media.sandbox import memory_file
from mediatheque.media.sandbox.client import WorkerCrashed
from mediatheque.media.sandbox.pool import Pool
from mediatheque.media.sandbox.protocol import (
    CrashReply,
    FramesReply,
    ProbeRequest,
    ReadErrorReply,
    RefusedReply,
    RenderRequest,
    Reply,
    Request,
)
from mediatheque.model import EmbeddedMetadata, Format, Kind, MediaInfo

_log = structlog.get_logger()

_KINDS_WITH_FRAMES = frozenset({Kind.IMAGE, Kind.VIDEO})
_PDF = "application/pdf"

_ReplyT = TypeVar("_ReplyT", ProbeResult, FramesReply)


class ProbedFile(msgspec.Struct, frozen=True):
    """The facts that a library sorts files by, and what the file says of itself; None if that is nothing."""

    media_info: MediaInfo
    embedded: EmbeddedMetadata | None = None


class Unexamined(Unreadable):
    """The file could not be examined safely."""


class Sandbox:
    """Confined processes that belong to one server process and end with it, however it ends.

    Probing and rendering have separate workers: rendering takes far longer, and no upload should wait for it.
    """

    def __init__(self, config: SandboxConfig, *, processes: int = 2) -> None:
        self._config = config
        self._processes = processes
        self._probe_pool: Pool | None = None
        self._render_pool: Pool | None = None
        self._takes_bytes = memory_file.are_supported()

    def start(self, *, eager: bool = True) -> None:
        """Start the workers that probe and block until they are ready: about half a second, once for each process.

        Raises `Unavailable` when they do not start, because the memory limit is too low for them. Workers that render
        are started by the first file that needs one, and those that probe too, unless `eager`.
        """
        self._probe_pool, self._render_pool = (Pool(self._config, self._processes) for _ in range(2))
        if eager:
            self._probe_pool.start()

    async def close(self) -> None:
        """Wait for the files in progress, then stop the workers."""
        pools = self._probe_pool, self._render_pool
        self._probe_pool = self._render_pool = None
        for pool in pools:
            if pool:
                await pool.close()

    @property
    def takes_bytes(self) -> bool:
        """Whether `probe` takes a file's bytes instead of its path on this system."""
        return self._takes_bytes

    async def probe(self, file: Path | bytes, format: Format) -> ProbedFile:
        """Open the file with the decoder for `format` and return what it finds; the type may be refined.

        Raises `Unreadable` when the file is damaged, `Unexamined` when it crashes its worker or exceeds a limit.
        """
        path, content = (os.fsencode(file), None) if isinstance(file, Path) else (None, file)
        request = ProbeRequest(path, format.mime)
        result = await self._ask(self._probe_pool, request, ProbeResult, content)
        return ProbedFile(_media_info(result), result.embedded)

    async def frames(self, path: Path, format: Format, *, max_frames: int = 6, edge: int = 288) -> list[Frame]:
        """Return one frame of a picture or a PDF, at most `max_frames` of a video, none of other files.

        The shorter edge is `edge` pixels or fewer, since only pages are enlarged, and the longer edge is bounded. An
        animated picture gives its first frame and a PDF its first page. The frames of a video are spread evenly over
        its duration; a video that cannot be decoded has none. Audio has none, even if it has a cover.

        Raises `Unreadable` as `probe` does, under the same limits. A file that `probe` accepts may exceed them here,
        because `probe` decodes no pixels: a PNG takes 4 bytes of memory for each pixel, or 8 if it is transparent,
        and the largest transparent ones that are accepted do not fit into a worker.
        """
        if format.kind not in _KINDS_WITH_FRAMES and format.mime != _PDF:
            return []
        reply = await self._ask(
            self._render_pool, RenderRequest(os.fsencode(path), format.mime, max_frames, edge), FramesReply
        )
        return reply.frames

    async def _ask(
        self, pool: Pool | None, request: Request, kind: type[_ReplyT], content: bytes | None = None
    ) -> _ReplyT:
        if pool is None:
            raise Unavailable
        try:
            return _expect(await pool.ask(request, content), request, kind)
        except TimeoutError as error:
            _log.warning("media_worker_timed_out", **_log_fields(request), seconds=self._config.timeout_seconds)
            raise Unexamined from error
        except WorkerCrashed as error:
            _log.warning("media_worker_crashed", **_log_fields(request), exitcode=error.exitcode)
            raise Unexamined from error


def _expect(reply: Reply, request: Request, kind: type[_ReplyT]) -> _ReplyT:
    match reply:
        case RefusedReply(message):
            raise Unexamined(message) if message == TOO_MUCH_MEMORY else Unreadable(message)
        case ReadErrorReply(errno, message):
            raise OSError(message) if errno is None else OSError(errno, message)
        case CrashReply(traceback):
            _log.error("media_decoder_failed", **_log_fields(request), exception=traceback)
            raise Unexamined
        case kind():
            return reply
    raise TypeError(f"{type(reply).__name__} is not a reply to {type(request).__name__}")


def _log_fields(request: Request) -> dict[str, str]:
    return {"request": type(request).__name__.lower(), "mime": request.mime}


def _media_info(result: ProbeResult) -> MediaInfo:
    return MediaInfo(
        mime=result.mime,
        kind=FORMATS[result.mime].kind,
        width=result.width,
        height=result.height,
        duration=result.duration,
    )
