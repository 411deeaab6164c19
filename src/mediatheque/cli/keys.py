"""`mediatheque keys create|list|revoke`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from mediatheque.cli.database import database_url
from mediatheque.config import ConfigError, load, with_database_url
from mediatheque.library.accounts import Accounts
from mediatheque.library.accounts.workspaces import NAMES, is_name
from mediatheque.model import Key, Scope
from mediatheque.records.database import Database

_CLIENT_FORMS = (
    ("fal", "FAL_KEY=mediatheque:{key}"),  # its serverless SDK takes `id:secret` alone
    ("Krea", "KREA_API_TOKEN=mediatheque:{key}"),
    ("HeyGen", "HEYGEN_API_KEY={key}"),
)
"""The form in which each vendor's clients take a key from their environment."""


def create(arguments: argparse.Namespace) -> None:
    """Create a key and print it. The forms for vendors' clients go to standard error: scripts read the key alone."""
    scopes = _scopes(arguments.scopes)
    if not is_name(arguments.workspace):
        raise ConfigError(f"--workspace: must be {NAMES}")
    expires_at = datetime.now(UTC) + arguments.expires_in if arguments.expires_in else None

    async def work(accounts: Accounts) -> None:
        key = await accounts.create_key(arguments.workspace, scopes, name=arguments.name, expires_at=expires_at)
        _print(key)
        sys.stderr.write("For the vendors' clients:\n")
        for vendor, form in _CLIENT_FORMS:
            sys.stderr.write(f"  {vendor:<7} {form.format(key=key)}\n")

    with_accounts(arguments, work)


def show(arguments: argparse.Namespace) -> None:
    """Print all keys, without their secrets."""

    async def work(accounts: Accounts) -> None:
        for key in await accounts.list_keys():
            _print(_line(key))

    with_accounts(arguments, work)


def revoke(arguments: argparse.Namespace) -> None:
    """Revoke a key."""

    async def work(accounts: Accounts) -> None:
        await accounts.revoke(arguments.id)

    with_accounts(arguments, work)


def with_accounts(arguments: argparse.Namespace, work: Callable[[Accounts], Awaitable[None]]) -> None:
    """Do the work with the accounts of the configured database."""
    config = load(os.environ, data=arguments.data)

    async def run(url: str) -> None:
        async with Database(with_database_url(config, url).database) as database:
            await work(Accounts(database))

    with database_url(config) as url:
        asyncio.run(run(url))


def _line(key: Key) -> str:
    """Format a key as a line of `keys list`, with tabs between the fields."""
    used = key.last_used_at.isoformat(timespec="seconds") if key.last_used_at else "never"
    created, scopes = key.created_at.isoformat(timespec="seconds"), ",".join(sorted(key.scopes))
    return "\t".join([key.id.hex, key.workspace, scopes, f"created {created}", f"used {used}", _state(key), key.name])


def _state(key: Key) -> str:
    if key.revoked_at:
        return "revoked"
    if key.expires_at is None:
        return "live"
    state = "live until" if key.is_live(datetime.now(UTC)) else "expired"
    return f"{state} {key.expires_at.isoformat(timespec='seconds')}"


def _scopes(text: str) -> frozenset[Scope]:
    try:
        return frozenset(Scope(word.strip()) for word in text.split(","))
    except ValueError:
        known = ", ".join(Scope)
        raise ConfigError(f"--scopes: must be a comma-separated list of {known}; not {text!r}") from None


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
