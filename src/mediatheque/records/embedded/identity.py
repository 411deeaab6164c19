"""The user that PostgreSQL runs as: it refuses to run as root.

An ordinary user's PostgreSQL runs as that user, root's as the owner of the cluster. A cluster created by root is owned
by uid 65530, which no account has: `nobody` is shared with other services, and a process with the same uid can connect
to the socket. Root has these ways to switch, best first; the first that can run the binaries in the folder is taken:

1. setuid, without any privilege.
2. setuid, keeping CAP_DAC_READ_SEARCH or else CAP_DAC_OVERRIDE: the project or its data lies under a closed
   folder such as /root. No folder's mode is changed.
3. a user namespace in which root has another number: where setuid is impossible (only one uid exists) or the
   file system has no owners. PostgreSQL then has root's files but none of root's capabilities.
"""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import msgspec

from mediatheque.records.embedded.config import StartupError

PRIVATE_UID = 65530
"""Neither Debian nor systemd assigns it, and it is within the 65536 ids of a container."""

_LAUNCH = Path(__file__).with_name("launch.py")
_READ_SEARCH, _OVERRIDE = 2, 1


class Identity(msgspec.Struct, frozen=True):
    """A user to run a program as. `mode` is an argument of launch.py; `capabilities` are numbers of Linux."""

    mode: str
    uid: int
    gid: int
    capabilities: tuple[int, ...] = ()

    def command(self, folder: Path, *program: str | Path) -> list[str]:
        """Return the command line by which a child of this process runs a program in `folder` as this identity."""
        capabilities = ",".join(map(str, self.capabilities))
        launch = [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), self.mode]
        return [*launch, str(self.uid), str(self.gid), capabilities, str(folder), *map(str, program)]

    def run(self, folder: Path, *program: str | Path) -> str:
        """Run the program and return its output. Raises StartupError with its standard error when it fails."""
        done = subprocess.run(  # noqa: S603 - our own binaries and arguments
            self.command(folder, *program), env=ENVIRONMENT, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
            raise StartupError(f"{program[0]} failed in {folder}: {reason}")
        return done.stdout

    def with_account(self) -> "Identity":
        """Return the same identity with a uid that has an account: initdb looks it up, the server does not."""
        if self.mode == "same":
            return self if has_account() else _mapped()
        account = some_account()
        return msgspec.structs.replace(self, uid=account.pw_uid, gid=account.pw_gid)


ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
"""PostgreSQL's environment: ours may contain secrets, and PGPORT and other variables change its behaviour."""


def candidate_identities(owner: tuple[int, int] | None) -> list[Identity]:
    """Return the identities that can run a cluster owned by (uid, gid), or create one (None); best first."""
    user = os.geteuid()
    if user != 0:
        if owner is not None and owner[0] != user:
            who = "root" if owner[0] in {0, PRIVATE_UID} else f"uid {owner[0]}"
            raise StartupError(f"The database was made by {who}, and you are uid {user}: start as {who}.")
        return [Identity("same", user, os.getegid())]
    is_roots = owner is not None and owner[0] == 0
    uid, gid = (PRIVATE_UID, PRIVATE_UID) if owner is None or is_roots else owner
    kept: list[tuple[int, ...]] = [(), (_READ_SEARCH,), (_OVERRIDE,)]
    switched = [Identity("switch", uid, gid, capabilities) for capabilities in kept]
    if is_roots:  # made in a namespace, or copied by root; without namespaces it is given away
        return [_mapped(), *switched]
    return switched if owner else [*switched, _mapped()]


def _mapped() -> Identity:
    account = some_account()
    return Identity("map", account.pw_uid, account.pw_gid)


def has_account() -> bool:
    """Whether this uid has a name: a container can run with a uid that has none."""
    try:
        return bool(pwd.getpwuid(os.geteuid()))
    except KeyError:
        return False


def some_account() -> pwd.struct_passwd:
    """Return an unprivileged account of this machine, `nobody` when there is one. Raises StartupError without any."""
    accounts = [account for account in pwd.getpwall() if account.pw_uid != 0]
    if not accounts:
        raise StartupError("PostgreSQL does not run as root, and this machine has no other user: add one.")
    return max(accounts, key=lambda account: account.pw_name == "nobody")
