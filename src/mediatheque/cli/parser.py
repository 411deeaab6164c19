"""The arguments of every command. It imports none of what the commands need: `--help` and a wrong argument end here."""

import argparse
import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID


def parser() -> argparse.ArgumentParser:
    """Build the parser. `run` of what it parses names the command's function: its module in this package, and its
    name, as in `keys:create`.
    """
    parser = argparse.ArgumentParser(prog="mediatheque", description="A self-hosted media library.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    server = _command(commands, "serve", "serve:serve", "run the server, and its database if none is configured")
    server.add_argument("--host", help="address to listen on (127.0.0.1)")
    server.add_argument("--port", type=int, help="port to listen on (8000)")
    server.add_argument("--workers", type=int, help="server processes (1)")
    _command(commands, "worker", "worker:work", "run another worker process, for tasks and housekeeping")
    _add_keys(commands.add_parser("keys", help="create, list and revoke API keys"))
    _add_workspaces(commands.add_parser("workspaces", help="list, rename, suspend, resume and delete workspaces"))
    verification = _command(commands, "verify", "verify:verify", "compare the records with the stored bytes")
    verification.epilog = "Exit status: 0 nothing is wrong, 1 something is wrong, 2 the check could not be completed."
    verification.add_argument("--quick", action="store_true", help="check sizes only, without reading the bytes")
    verification.add_argument("--repair", action="store_true", help="delete records and bytes that lack the other")
    verification.add_argument("--force", action="store_true", help="repair even if this looks like the wrong store")
    reindexing = _command(
        commands, "reindex", "reindex:reindex", "change the model of the search while the server runs"
    )
    reindexing.add_argument(
        "model", nargs="?", help="basic, basic-multilingual or onnx-clip:FOLDER (MEDIATHEQUE_EMBEDDING_MODEL)"
    )
    _add_tasks(commands.add_parser("tasks", help="list queued and failed tasks, and retry failed ones"))
    _add_store(commands.add_parser("store", help="confirm which folder or bucket belongs to the database"))
    return parser


def _add_keys(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    create = _command(commands, "create", "keys:create", "create a key and print it; it is shown only once")
    create.add_argument("--workspace", default="default", help="the key's workspace, created if needed (default)")
    summary = "comma-separated: read, write, admin, instance, or of an area, like assets:read (read,write)"
    create.add_argument("--scopes", "--scope", default="read,write", help=summary)
    create.add_argument("--name", default="", help="what the key is for, shown in lists")
    create.add_argument("--expires-in", type=_duration, help="when the key ends, as in 90d, 12h or 30m (never)")
    _command(commands, "list", "keys:show", "list keys without their secrets")
    revoke = _command(commands, "revoke", "keys:revoke", "revoke a key; servers refuse it within seconds")
    revoke.add_argument("id", type=_key_id, help="the key, or its id from `keys list`")


def _add_workspaces(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(commands, "list", "workspaces:show", "list workspaces with their state")
    rename = _command(commands, "rename", "workspaces:rename", "rename a workspace; its former names stay its own")
    suspend = _command(commands, "suspend", "workspaces:suspend", "refuse a workspace's keys and hide its files")
    resume = _command(commands, "resume", "workspaces:resume", "end a suspension")
    delete = _command(commands, "delete", "workspaces:delete", "delete a workspace with all its content, for good")
    quota = _command(commands, "quota", "workspaces:quota", "print what a workspace stores and its quota, or set that")
    for command in (rename, suspend, resume, delete, quota):
        command.add_argument("workspace", help="the workspace's name")
    quota.add_argument("--max-bytes", type=_limit, help="largest total size of its files in bytes, or none")
    quota.add_argument("--max-assets", type=_limit, help="most assets that it may have, or none")
    rename.add_argument("name", help="the new name")
    delete.add_argument("--yes", action="store_true", help="really delete everything in it")


def _add_tasks(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(commands, "list", "tasks:show", "count tasks by state, and list failed tasks with the reason")
    retry = _command(commands, "retry", "tasks:retry", "put failed tasks back into the queue")
    which = retry.add_mutually_exclusive_group(required=True)
    which.add_argument("id", type=int, nargs="?", help="id of the task in `tasks list`")
    which.add_argument("--all", action="store_true", help="all failed tasks")


def _add_store(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    summary = "mark the configured folder or bucket as the store of this library"
    adopt = _command(commands, "adopt", "store:adopt", summary)
    adopt.add_argument("--force", action="store_true", help="also one of another library, or without any known blob")


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, run: str, summary: str
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


def _duration(text: str) -> timedelta:
    """Parse a number of days, hours, minutes or seconds."""
    units = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
    match = re.fullmatch(r"([1-9][0-9]{0,8})([dhms])", text)
    if match is None or (duration := timedelta(**{units[match[2]]: int(match[1])})) > timedelta(days=36_600):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time like 90d, 12h or 30m, of at most 100 years")
    return duration


def _limit(text: str) -> int | str:
    """Parse a limit; `none` stays a word, since None is what an option has that is not given."""
    if text == "none":
        return text
    if not (text.isascii() and text.isdigit() and int(text) < 2**62):
        raise argparse.ArgumentTypeError(f"{text!r} is neither a whole number nor `none`")
    return int(text)


def _key_id(text: str) -> UUID:
    """Parse a key or an id; returns the id. Raises argparse's error, without the secret of the key."""
    try:
        return UUID(hex=text.rpartition(":")[2].removeprefix("mtq_").partition("_")[0])
    except ValueError:
        from mediatheque.redaction import hide  # noqa: PLC0415 - only this message needs it

        raise argparse.ArgumentTypeError(f"{hide(text)!r} is no key and no id of one") from None
