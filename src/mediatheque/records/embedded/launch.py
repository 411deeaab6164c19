"""A script, started by identity.py: switches to the user that PostgreSQL runs as, then executes PostgreSQL.

It is a process of its own because Python code between fork and exec is not safe beside other threads. It imports
nothing of ours, not even `processes/parent_death.py`, so that it starts in about 15 ms.

    launch.py PARENT MODE UID GID CAPABILITIES FOLDER PROGRAM [ARGUMENT ...]

MODE is `same`, `switch` (setuid) or `map` (a user namespace in which the caller's uid has the number UID).
CAPABILITIES are numbers joined by commas, which the program keeps although it is not root; mostly empty.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CLONE_NEWUSER = 0x10000000
CAPABILITY_VERSION_3 = 0x20080522


def main(arguments: list[str]) -> None:
    """Execute the command; never returns. On failure, exit with code 126 and a line on stderr."""
    parent, mode, uid, gid, capabilities, folder, *command = arguments
    try:
        if mode == "switch":
            switch(int(uid), int(gid), [int(number) for number in capabilities.split(",") if number])
        elif mode == "map":
            enter_namespace(int(uid), int(gid))
        os.umask(0o077)
        os.chdir(folder)
        shut_down_with(int(parent))
        os.execv(command[0], command)  # noqa: S606 - no shell is what we want
    except OSError as error:
        print(f"cannot run {command[0]}: {error}", file=sys.stderr)  # noqa: T201 - stderr is PostgreSQL's log
        sys.exit(126)


def switch(uid: int, gid: int, capabilities: list[int]) -> None:
    """Drop root for good, except for the capabilities.

    SECBIT_NO_SETUID_FIXUP keeps them over setuid, and makes access(2), by which PostgreSQL checks its files, use them.
    """
    if capabilities:
        call("prctl", PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if capabilities:
        mask = sum(1 << number for number in capabilities)
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        call("capset", header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0))
        for number in capabilities:
            call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0)


def enter_namespace(uid: int, gid: int) -> None:
    """Enter a user namespace in which we are `uid`; outside nothing changes, and exec drops every capability."""
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    call("unshare", CLONE_NEWUSER)
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"{uid} {outside_uid} 1")
    write("/proc/self/gid_map", f"{gid} {outside_gid} 1")


def shut_down_with(parent: int) -> None:
    """Have the kernel send SIGINT (fast shutdown) when the thread that started us ends. Call it after setuid, which
    clears this.
    """
    if sys.platform == "linux":
        call("prctl", PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(126)


def call(function: str, *arguments: object) -> None:
    """Call a function of libc. Raises OSError when it fails."""
    if getattr(ctypes.CDLL(None, use_errno=True), function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


def write(path: str, line: str) -> None:
    """Write a line to a file of /proc without a codec: Python's may be in a folder that is no longer readable."""
    file = os.open(path, os.O_WRONLY)
    os.write(file, line.encode())
    os.close(file)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback when we are stopped before exec
    main(sys.argv[1:])
