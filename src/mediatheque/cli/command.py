"""Runs the command that was parsed."""

import argparse
import sys
from collections.abc import Callable
from importlib import import_module

from mediatheque.config import ConfigError
from mediatheque.errors import LibraryError
from mediatheque.http import logs
from mediatheque.records.embedded import StartupError
from mediatheque.redaction import hide


def run(arguments: argparse.Namespace) -> None:
    """Run the command; an error that the operator can act on ends the process with one line and exit status 1."""
    logs.configure()  # to standard error: standard output is for what commands print
    try:
        _function(arguments.run)(arguments)
    except (ConfigError, StartupError, LibraryError) as error:
        sys.exit(f"mediatheque: {hide(str(error))}")


def _function(name: str) -> Callable[[argparse.Namespace], None]:
    """Import the function that the parser names, `keys:create`."""
    module, _, function = name.partition(":")
    found: Callable[[argparse.Namespace], None] = getattr(import_module(f"mediatheque.cli.{module}"), function)
    return found
