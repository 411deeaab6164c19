"""Structured logs: one JSON object a line on standard error, with the request id of whoever caused it."""

import logging
import sys
from contextlib import suppress
from typing import Any

import msgspec
import structlog
from structlog.typing import Processor

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def configure(level: str = "info") -> None:
    """Set up logging for this process: ours and the libraries' alike.

    Our own lines, one for each request, go straight to the stream: the standard library's handlers would cost as
    much as the rest of a small request.
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
    for library in ("alembic", "httpx", "botocore"):  # httpx writes URLs with their queries, which may hold secrets
        logging.getLogger(library).setLevel(logging.WARNING)


class _JsonLines(structlog.BytesLogger):
    """Loses a line rather than the request that writes it, where the log's disk is full or its reader gone."""

    def msg(self, message: bytes) -> None:
        """Write the line if that can be done."""
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


def _json(event: Any, **_: Any) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)
