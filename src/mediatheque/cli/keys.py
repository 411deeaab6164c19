"""`mediatheque keys create|list|revoke`."""

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Callable

from mediatheque.cli.database import database_url
from mediatheque.config import ConfigError, load, with_database_url
from mediatheque.library.accounts import Accounts
from mediatheque.model import Key, Scope
from mediatheque.records.database import Database

_CLIENT_FORMS = (
    ("fal", "FAL_KEY=mediatheque:{key}"),  # its serverless SDK takes `id:secret` alone
    ("Krea", "KREA_API_TOKEN=mediatheque:{key}"),
    ("HeyGen", "HEYGEN_API_KEY={key}"),
)
"""The form in which each vendor's clients take a key from their environment."""
_WORKSPACE = re.compile(r"\w[\w.-]{0,99}")


def create(arguments: argparse.Namespace) -> None:
    """Create a key and print it. The forms for vendors' clients go to standard error: scripts read the key alone."""
    scopes = _scopes(arguments.scopes)
    if not _WORKSPACE.fullmatch(arguments.workspace):
        raise ConfigError(
            "--workspace: must be 1 to 100 letters, digits, '.', '_' or '-', and not start with '.' or '-'"
        )

    async def work(accounts: Accounts) -> None:
        key = await accounts.create_key(arguments.workspace, scopes)
        _print(key)
        sys.stderr.write("For the vendors' clients:\n")
        for vendor, form in _CLIENT_FORMS:
            sys.stderr.write(f"  {vendor:<7} {form.format(key=key)}\n")

    _with_accounts(arguments, work)


def show(arguments: argparse.Namespace) -> None:
    """Print all keys, without their secrets."""

    async def work(accounts: Accounts) -> None:
        for key in await accounts.list_keys():
            _print(_line(key))

    _with_accounts(arguments, work)


def revoke(arguments: argparse.Namespace) -> None:
    """Revoke a key."""

    async def work(accounts: Accounts) -> None:
        await accounts.revoke(arguments.id)

    _with_accounts(arguments, work)


def _with_accounts(arguments: argparse.Namespace, work: Callable[[Accounts], Awaitable[None]]) -> None:
    config = load(os.environ, data=arguments.data)

    async def run(url: str) -> None:
        async with Database(with_database_url(config, url).database) as database:
            await work(Accounts(database))

    with database_url(config) as url:
        asyncio.run(run(url))


def _line(key: Key) -> str:
    """Format a key as a line of `keys list`, with tabs between the fields."""
    used = key.last_used_at.isoformat(timespec="seconds") if key.last_used_at else "never"
    state = "revoked" if key.revoked_at else "live"
    created = key.created_at.isoformat(timespec="seconds")
    return "\t".join(
        [key.id.hex, key.workspace, ",".join(sorted(key.scopes)), f"created {created}", f"used {used}", state]
    )


def _scopes(text: str) -> frozenset[Scope]:
    try:
        return frozenset(Scope(word.strip()) for word in text.split(","))
    except ValueError:
        known = ", ".join(Scope)
        raise ConfigError(f"--scopes: must be a comma-separated list of {known}; not {text!r}") from None


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
