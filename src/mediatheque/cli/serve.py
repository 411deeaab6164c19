"""`mediatheque serve`."""

import argparse
import os

from mediatheque import serve as server
from mediatheque.config import load


def serve(arguments: argparse.Namespace) -> None:
    """Run the server until it is stopped."""
    config = load(
        os.environ,
        data=arguments.data,
        host=arguments.host,
        port=arguments.port,
        server_processes=arguments.workers,
    )
    server.run(config)
