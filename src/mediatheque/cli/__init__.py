"""The command line: `serve`, `worker`, `keys`, `workspaces`, `verify`, `reindex`, `tasks`, `store adopt`.

`parser.py` has the arguments of all commands, and each other module the functions of some. A process imports only the
module of its command: `--help` answers in a tenth of the time that all imports take, and so does a server process,
which multiprocessing starts by importing this package again.
"""

import os
import sys

from mediatheque.cli.parser import parser
from mediatheque.environment import trim_credentials
from mediatheque.processes.imports import absent
from mediatheque.processes.init import become_init
from mediatheque.processes.machine import limit_threads_of_numpy


def main() -> None:
    """Run the command. An error that the operator can act on is one line on standard error, and exit status 1."""
    become_init()
    arguments = parser().parse_args()
    trim_credentials(os.environ)
    limit_threads_of_numpy(os.environ)
    try:
        with absent("rich"):
            from mediatheque.cli.command import run  # noqa: PLC0415 - not before the arguments are known to be right

        run(arguments)
    except KeyboardInterrupt:
        sys.exit("mediatheque: interrupted")
