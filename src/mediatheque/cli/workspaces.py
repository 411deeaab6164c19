"""`mediatheque workspaces list|rename|suspend|resume|delete`."""

import argparse
import sys
from collections.abc import Awaitable, Callable

from mediatheque.cli.keys import with_accounts
from mediatheque.config import ConfigError
from mediatheque.library.accounts import Accounts
from mediatheque.library.accounts.workspaces import NAMES, is_name
from mediatheque.model import Cursor, Workspace

_PAGE = 1_000


def show(arguments: argparse.Namespace) -> None:
    """Print all workspaces, the newest first."""

    async def work(accounts: Accounts) -> None:
        after: Cursor | None = None
        more = True
        while more:
            found, more = await accounts.workspaces.list(after, _PAGE)
            for workspace in found:
                _print(workspace)
                after = Cursor(workspace.created_at, workspace.id)

    with_accounts(arguments, work)


def rename(arguments: argparse.Namespace) -> None:
    """Rename a workspace."""
    if not is_name(arguments.name):
        raise ConfigError(f"name: must be {NAMES}")
    _change(arguments, lambda accounts, it: accounts.workspaces.rename(it.id, arguments.name))


def suspend(arguments: argparse.Namespace) -> None:
    """Suspend a workspace."""
    _change(arguments, lambda accounts, it: accounts.workspaces.suspend(it.id))


def resume(arguments: argparse.Namespace) -> None:
    """Resume a workspace."""
    _change(arguments, lambda accounts, it: accounts.workspaces.resume(it.id))


def delete(arguments: argparse.Namespace) -> None:
    """Delete a workspace; a worker deletes its content."""
    if not arguments.yes:
        raise ConfigError(f"--yes: everything in the workspace {arguments.workspace!r} would be deleted, for good")
    _change(arguments, lambda accounts, it: accounts.workspaces.delete(it.id))


def _change(arguments: argparse.Namespace, change: Callable[[Accounts, Workspace], Awaitable[Workspace]]) -> None:
    """Change the workspace of the name that was given, and print it."""

    async def work(accounts: Accounts) -> None:
        _print(await change(accounts, await accounts.workspaces.find(arguments.workspace)))

    with_accounts(arguments, work)


def _print(workspace: Workspace) -> None:
    created = workspace.created_at.isoformat(timespec="seconds")
    sys.stdout.write(f"{workspace.id}\t{workspace.name}\tcreated {created}\t{workspace.state}\n")
