"""Structured logs: one JSON object per line on standard error, with the id of the request being handled."""

import logging
import sys
import traceback
from contextlib import suppress
from types import TracebackType
from typing import Any

import msgspec
import structlog
from structlog.typing import Processor

from mediatheque.redaction import hide, hide_in_log

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    hide_in_log,
)


def configure(level: str = "info") -> None:
    """Configure logging for this process, both structlog's and the standard library's.

    structlog writes to the stream directly, because the standard library's handlers cost as much as the rest of a
    small request.
    """
    structlog.configure(
        processors=[*_SHARED, structlog.processors.JSONRenderer(serializer=_json)],
        logger_factory=lambda *_: _JsonLines(sys.stderr.buffer),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [_foreign_handler()]
    root.setLevel(level.upper())
    sys.excepthook = _print_traceback
    for library in ("alembic", "httpx", "botocore"):  # httpx logs URLs with their queries, which may contain secrets
        logging.getLogger(library).setLevel(logging.WARNING)


class _JsonLines(structlog.BytesLogger):
    """A logger of lines of JSON.

    It drops a line that cannot be written (disk full, reader gone) instead of failing the request that logs it.
    """

    def msg(self, message: bytes) -> None:
        """Write the line; ignore OSError."""
        with suppress(OSError):
            super().msg(message)

    debug = info = warning = error = critical = exception = log = msg


def _foreign_handler() -> logging.Handler:
    render = structlog.processors.JSONRenderer(serializer=lambda event, **_: _json(event).decode())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    return handler


def _print_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(hide("".join(traceback.format_exception(kind, error, trace))))


def _json(event: Any, **_: Any) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)
