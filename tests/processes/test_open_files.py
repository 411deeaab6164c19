"""The limit of open files is raised as far as the system allows, and connections keep within it."""

import subprocess
import sys

import pytest

from mediatheque.processes.open_files import connections_within

SCRIPT = """
import resource, sys
from mediatheque.processes.open_files import raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
print(raise_limit(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(("soft", "hard", "raised"), [(256, 4096, 4096), (256, 256, 256), (1024, 1024, 1024)])
def test_soft_limit_becomes_the_hard_one(soft: int, hard: int, raised: int) -> None:
    output = subprocess.check_output([sys.executable, "-c", SCRIPT, str(soft), str(hard)], text=True)
    assert output.split() == [str(raised)] * 2


@pytest.mark.parametrize(
    ("files", "wanted", "connections"), [(65_536, 1024, 1024), (256, 1024, 160), (64, 1024, 16), (256, 100, 100)]
)
def test_connections_leave_files_for_the_server_itself(files: int, wanted: int, connections: int) -> None:
    assert connections_within(files, wanted) == connections
