"""`mediatheque worker`."""

import argparse
import os

from mediatheque import run_worker
from mediatheque.cli.database import database_url
from mediatheque.config import check_model_installed, load, with_database_url


def work(arguments: argparse.Namespace) -> None:
    """Run a worker process until it is stopped, beside a server or with an embedded database of its own."""
    config = load(os.environ, data=arguments.data)
    check_model_installed(config)
    with database_url(config, by_operator=False) as url:
        run_worker.run(with_database_url(config, url))
