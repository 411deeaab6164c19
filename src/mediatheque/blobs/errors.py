"""What the operating system says about files, in this library's words."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from mediatheque.errors import BlobsUnavailable, StorageFull

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_log = structlog.get_logger()


@contextmanager
def map_os_errors() -> Iterator[None]:
    """Turns `OSError` into `StorageFull` (no space, quota used up) or `BlobsUnavailable`, and logs the reason."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        if error.errno in _FULL:
            _log.warning("blob storage full", reason=reason)
            raise StorageFull from error
        _log.warning("blob storage failed", reason=reason)
        raise BlobsUnavailable from error
