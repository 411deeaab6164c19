"""The arguments of the commands are parsed before what the commands need is imported."""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator

from mediatheque.cli import command
from mediatheque.cli.parser import parser
from mediatheque.config import variable

_RUN_EACH = """
import contextlib, io, json, sys
before = set(sys.modules)
from mediatheque.cli import main
ended = []
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["mediatheque", *arguments]
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            main()
    except SystemExit as end:
        ended.append(end.code)
print(json.dumps([ended, *(set(sys.modules) - before)]))
"""


def commands(of: argparse.ArgumentParser, *path: str) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """Every command and group of commands, with its parser."""
    yield path, of
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from commands(inner, *path, name)


COMMANDS = dict(commands(parser()))


def run_each(*arguments: tuple[str, ...]) -> tuple[set[int], set[str]]:
    """The exit statuses of the commands, run in one process, and the modules that they import beside Python's own."""
    command = [sys.executable, "-c", _RUN_EACH, json.dumps(arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    statuses, *modules = json.loads(ended.stdout)
    return set(statuses), {name for name in modules if name.partition(".")[0] not in sys.stdlib_module_names}


def test_help_imports_nothing_that_a_command_needs() -> None:
    statuses, modules = run_each(*((*path, "--help") for path in COMMANDS))
    assert statuses == {0}
    assert {name for name in modules if not name.startswith("mediatheque")} == set()
    assert not modules & {"mediatheque.config", "mediatheque.errors", "mediatheque.serve"}


def test_a_wrong_argument_imports_nothing_that_a_command_needs() -> None:
    statuses, modules = run_each(*((*path, "--nonsense") for path in COMMANDS))
    assert statuses == {2}
    assert {name for name in modules if not name.startswith("mediatheque")} == set()


def test_every_command_names_its_function() -> None:
    named = {path: parser.get_default("run") for path, parser in COMMANDS.items() if not parser._subparsers}
    assert len(named) == 16
    assert all(callable(command._function(name)) for name in named.values())


def test_the_help_of_reindex_names_the_variable_of_the_model() -> None:
    assert variable("embedding.model") in COMMANDS["reindex",].format_help()
