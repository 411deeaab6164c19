"""A command of low priority has it from its start on, and a system that refuses it is no reason to end."""

import os
import sys
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from mediatheque.processes.priority import lower_priority
from mediatheque.processes.supervise import ProcessSupervisor

SCRIPT = "import os, sys, pathlib; pathlib.Path(sys.argv[1]).write_text(f'{os.getpriority(os.PRIO_PROCESS, 0)}\\n')"


@pytest.mark.parametrize("low", [False, True])
def test_supervised_command_begins_with_its_priority(tmp_path: Path, low: bool) -> None:
    file, ours = tmp_path / "niceness", os.getpriority(os.PRIO_PROCESS, 0)
    command = [sys.executable, "-c", SCRIPT, str(file)]
    with ProcessSupervisor(command, delay=0, stop_timeout=60, low_priority=low):
        deadline = time.monotonic() + 60
        while not (file.exists() and file.read_text().endswith("\n")) and time.monotonic() < deadline:
            time.sleep(0.02)
    assert file.read_text() == f"{19 if low else ours}\n"
    assert os.getpriority(os.PRIO_PROCESS, 0) == ours


def test_refused_priority_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "setpriority", refuse)
    with capture_logs() as logs:
        lower_priority()
    assert [(line["event"], line["reason"]) for line in logs] == [("priority_not_lowered", "Operation not permitted")]
