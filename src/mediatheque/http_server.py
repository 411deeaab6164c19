"""Granian, which answers requests in processes of its own. `serve` imports this module while PostgreSQL starts."""

import multiprocessing

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.server.mp import MPServer

from mediatheque.config import Config

_RESPAWN_SECONDS = 0.2
# Granian logs through our handler.
_LOGS = {"version": 1, "disable_existing_loggers": False, "loggers": {"_granian": {"propagate": True}}}


def build_server(config: Config, address: str) -> MPServer:
    """Build the server that listens on the address and runs `server_process.py` in each of its processes."""
    # A fork would copy the thread that supervises PostgreSQL, and state that libraries keep per process.
    multiprocessing.set_start_method("spawn", force=True)
    return MPServer(
        "mediatheque.server_process:create",
        factory=True,
        address=address,
        port=config.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        loop=Loops.uvloop,
        workers=config.server_processes,
        log_dictconfig=_LOGS,
        workers_kill_timeout=config.drain_seconds,
        respawn_failed_workers=True,
        respawn_interval=_RESPAWN_SECONDS,
        backpressure=config.max_connections,
        # It is this limit that ends idle connections, too: the time begins with the last response (measured).
        http1_settings=HTTP1Settings(header_read_timeout=config.keep_alive_seconds * 1000),
    )
