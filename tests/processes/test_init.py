"""Process 1 of a container, played by a process that adopts the orphans below it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PLAY = """
import ctypes, os, signal, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
real, os.getpid = os.getpid, lambda: 1
from mediatheque.processes.init import become_init
become_init()
os.getpid = real
"""
ORPHAN = """
if os.fork() == 0:
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(0.2)
    os._exit(0)
os.wait()
"""
linux = pytest.mark.skipif(sys.platform != "linux", reason="containers are Linux")


def play(script: str) -> subprocess.Popen[str]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", PLAY + script], text=True, **pipes)


@linux
@pytest.mark.parametrize(
    ("end", "status"), [("sys.exit(7)", 7), ("sys.exit(0)", 0), ("os.kill(os.getpid(), signal.SIGKILL)", 137)]
)
def test_process_1_ends_with_the_status_of_the_command(end: str, status: int) -> None:
    process = play(end)
    process.communicate(timeout=30)
    assert process.returncode == status


@linux
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_process_1_passes_signals_on(number: signal.Signals) -> None:
    handle = "signal.signal(int(sys.argv[1]), lambda *_: sys.exit(9))"
    command = [sys.executable, "-c", f"{PLAY}{handle}\nprint('ready', flush=True)\ntime.sleep(60)", str(int(number))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.wait(30) == 9
    process.stdout.close()


@linux
def test_process_1_reaps_orphans() -> None:
    process = play(ORPHAN + "sys.stdin.read()")
    assert process.stdout is not None
    orphan = Path("/proc") / process.stdout.readline().strip()
    deadline = time.monotonic() + 30
    while orphan.exists():
        assert time.monotonic() < deadline, "the orphan stays a zombie"
        time.sleep(0.02)
    process.terminate()
    process.communicate(timeout=30)


@linux
def test_another_process_stays_itself() -> None:
    from mediatheque.processes.init import become_init  # noqa: PLC0415

    before = os.getpid()
    become_init()
    assert os.getpid() == before
