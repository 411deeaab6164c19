"""`mediatheque workspaces list|rename|suspend|resume|delete|quota`."""

import argparse
import sys
from collections.abc import Awaitable, Callable

from mediatheque.cli.keys import with_accounts
from mediatheque.config import ConfigError
from mediatheque.library.accounts import Accounts
from mediatheque.library.accounts.workspaces import NAMES, is_name
from mediatheque.model import Cursor, Quota, Workspace

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


def quota(arguments: argparse.Namespace) -> None:
    """Set the limits that were given, and print what the workspace stores with its quota."""

    async def work(accounts: Accounts) -> None:
        workspace = await accounts.workspaces.find(arguments.workspace)
        before = await accounts.quotas.get(workspace.id)
        after = Quota(
            max_bytes=_limit(arguments.max_bytes, before.max_bytes),
            max_assets=_limit(arguments.max_assets, before.max_assets),
        )
        if after != before:
            await accounts.quotas.set(workspace.id, after)
        stored = (await accounts.usage.current(workspace.id)).total
        for counted, amount, limit in (
            ("bytes", stored.bytes, after.max_bytes),
            ("assets", stored.assets, after.max_assets),
        ):
            sys.stdout.write(f"{counted}\t{amount}\tof {'unlimited' if limit is None else limit}\n")

    with_accounts(arguments, work)


def _limit(given: int | str | None, before: int | None) -> int | None:
    """Return the limit: the present one if none was given, None for the word `none`."""
    return given if isinstance(given, int) else before if given is None else None


def _change(arguments: argparse.Namespace, change: Callable[[Accounts, Workspace], Awaitable[Workspace]]) -> None:
    """Change the workspace of the name that was given, and print it."""

    async def work(accounts: Accounts) -> None:
        _print(await change(accounts, await accounts.workspaces.find(arguments.workspace)))

    with_accounts(arguments, work)


def _print(workspace: Workspace) -> None:
    created = workspace.created_at.isoformat(timespec="seconds")
    sys.stdout.write(f"{workspace.id}\t{workspace.name}\tcreated {created}\t{workspace.state}\n")
