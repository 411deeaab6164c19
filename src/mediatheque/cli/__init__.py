"""The command line: `serve`, `worker`, `keys create|list|revoke`, `verify`, `reindex`, `tasks`, `store adopt`."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from mediatheque.cli import keys, tasks
from mediatheque.cli.database import database_url
from mediatheque.config import ConfigError, load, variable, with_database_url
from mediatheque.environment import trim_credentials
from mediatheque.errors import LibraryError
from mediatheque.http import logs
from mediatheque.processes.init import become_init
from mediatheque.processes.machine import limit_threads_of_numpy
from mediatheque.records.embedded import StartupError
from mediatheque.redaction import hide


def main() -> None:
    """Run the command. An error that the operator can act on is one line on standard error, and exit status 1."""
    become_init()
    trim_credentials(os.environ)
    limit_threads_of_numpy(os.environ)
    arguments = _parser().parse_args()
    logs.configure()  # to standard error: standard output is for what commands print
    try:
        arguments.run(arguments)
    except (ConfigError, StartupError, LibraryError) as error:
        sys.exit(f"mediatheque: {hide(str(error))}")
    except KeyboardInterrupt:
        sys.exit("mediatheque: interrupted")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mediatheque", description="A self-hosted media library.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    server = _command(commands, "serve", _serve, "run the server, and its database if none is configured")
    server.add_argument("--host", help="address to listen on (127.0.0.1)")
    server.add_argument("--port", type=int, help="port to listen on (8000)")
    server.add_argument("--workers", type=int, help="server processes (1)")
    _command(commands, "worker", _work, "run another worker process, for tasks and housekeeping")
    _add_keys(commands.add_parser("keys", help="create, list and revoke API keys"))
    verification = _command(commands, "verify", _verify, "compare the records with the stored bytes")
    verification.epilog = "Exit status: 0 nothing is wrong, 1 something is wrong, 2 the check could not be completed."
    verification.add_argument("--quick", action="store_true", help="check sizes only, without reading the bytes")
    verification.add_argument("--repair", action="store_true", help="delete records and bytes that lack the other")
    verification.add_argument("--force", action="store_true", help="repair even if this looks like the wrong store")
    reindexing = _command(commands, "reindex", _reindex, "change the model of the search while the server runs")
    reindexing.add_argument(
        "model", nargs="?", help=f"basic, basic-multilingual or onnx-clip:FOLDER ({variable('embedding.model')})"
    )
    _add_tasks(commands.add_parser("tasks", help="list queued and failed tasks, and retry failed ones"))
    _add_store(commands.add_parser("store", help="confirm which folder or bucket belongs to the database"))
    return parser


def _add_keys(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    create = _command(commands, "create", keys.create, "create a key and print it; it is shown only once")
    create.add_argument("--workspace", default="default", help="the key's workspace, created if needed (default)")
    create.add_argument("--scopes", default="read,write", help="comma-separated: read, write, admin (read,write)")
    _command(commands, "list", keys.show, "list keys without their secrets")
    revoke = _command(commands, "revoke", keys.revoke, "revoke a key; servers refuse it within seconds")
    revoke.add_argument("id", type=keys.key_id, help="the key, or its id from `keys list`")


def _add_tasks(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(commands, "list", tasks.show, "count tasks by state, and list failed tasks with the reason")
    retry = _command(commands, "retry", tasks.retry, "put failed tasks back into the queue")
    which = retry.add_mutually_exclusive_group(required=True)
    which.add_argument("id", type=int, nargs="?", help="id of the task in `tasks list`")
    which.add_argument("--all", action="store_true", help="all failed tasks")


def _add_store(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    adopt = _command(commands, "adopt", _adopt, "mark the configured folder or bucket as the store of this library")
    adopt.add_argument("--force", action="store_true", help="also one of another library, or without any known blob")


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], None],
    summary: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=summary)
    command.add_argument("--data", type=_folder, help="data folder (./mediatheque-data)")
    command.set_defaults(run=run)
    return command


def _folder(text: str) -> Path:
    """Parse a folder; an empty one, of a variable that is not set, would be the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the folder has no name")
    return Path(text)


def _serve(arguments: argparse.Namespace) -> None:
    from mediatheque import serve  # noqa: PLC0415 - the other commands need not wait for the server's imports

    serve.run(
        load(
            os.environ,
            data=arguments.data,
            host=arguments.host,
            port=arguments.port,
            server_processes=arguments.workers,
        )
    )


def _work(arguments: argparse.Namespace) -> None:
    from mediatheque import run_worker  # noqa: PLC0415 - as above
    from mediatheque.compose import check_model_installed  # noqa: PLC0415

    config = load(os.environ, data=arguments.data)
    check_model_installed(config)
    with database_url(config) as url:
        run_worker.run(with_database_url(config, url))


def _reindex(arguments: argparse.Namespace) -> None:
    from mediatheque.cli.reindex import reindex  # noqa: PLC0415 - as above

    reindex(arguments)


def _adopt(arguments: argparse.Namespace) -> None:
    from mediatheque.cli.store import adopt  # noqa: PLC0415 - as above

    adopt(arguments)


def _verify(arguments: argparse.Namespace) -> None:
    from mediatheque.cli.verify import verify  # noqa: PLC0415 - as above

    verify(arguments)
