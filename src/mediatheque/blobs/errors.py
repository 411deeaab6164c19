"""Errors of the operating system as errors of the library."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from mediatheque.errors import BlobsUnavailable, StorageFull

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_log = structlog.get_logger()


@contextmanager
def map_os_errors() -> Iterator[None]:
    """Turn `OSError` into `StorageFull` (no space left, quota exceeded) or `BlobsUnavailable`, and log the reason."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        if error.errno in _FULL:
            _log.warning("blob_storage_full", reason=reason)
            raise StorageFull from error
        _log.warning("blob_storage_failed", reason=reason)
        raise BlobsUnavailable from error
