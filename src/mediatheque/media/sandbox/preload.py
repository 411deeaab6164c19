"""Imported by the fork server, before it forks the first worker.

Every decoder is loaded once and shared by all workers, which therefore start in milliseconds.
"""

import gc
import signal
from multiprocessing import spawn
from typing import Any

from mediatheque.media.decoders import dispatch
from mediatheque.media.sandbox import worker

__all__ = ["dispatch", "worker"]


def _skip_main(*_: Any) -> None:
    """Do not import the server's main module: by default each worker would run it again."""


# The fork server ends with the last process that uses it. A signal to the whole process group must not end it before.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
spawn._fixup_main_from_name = _skip_main  # type: ignore[attr-defined]  # there is no public setting
spawn._fixup_main_from_path = _skip_main  # type: ignore[attr-defined]  # the same
gc.freeze()  # a collection in a worker would copy the pages that are shared
