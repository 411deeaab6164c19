"""A server process: Granian calls `create` in each.

It imports the application last, because that takes longest: another process imports the decoders meanwhile.
"""

import gc
from typing import TYPE_CHECKING

from mediatheque.processes.imports import absent
from mediatheque.processes.parent_death import die_with_parent

if TYPE_CHECKING:
    from litestar.types import ASGIApp


def create() -> "ASGIApp":
    """Create the application from the configuration that `serve` exported."""
    die_with_parent()
    gc.disable()  # imports leave little garbage: to look for it takes an eighth of their time
    with absent("rich"):
        app = _create()
    gc.freeze()  # later collections do not look through what was imported
    gc.enable()
    return app


def _create() -> "ASGIApp":
    from mediatheque.config import import_config  # noqa: PLC0415 - see above
    from mediatheque.http import logs  # noqa: PLC0415
    from mediatheque.media.sandbox.process import start_fork_server  # noqa: PLC0415

    config = import_config()
    logs.configure()
    start_fork_server()
    from mediatheque.app import build  # noqa: PLC0415

    return build(config)
