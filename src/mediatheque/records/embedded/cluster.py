"""The cluster in the folder data/postgres: created once, cleaned up after a crash."""

import os
import re
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import structlog

from mediatheque.records.embedded.config import EmbeddedConfig, StartupError
from mediatheque.records.embedded.copied import give, mend_cluster
from mediatheque.records.embedded.identity import Identity, candidate_identities, has_account
from mediatheque.records.embedded.processes import cluster_name
from mediatheque.records.embedded.remains import cleanup_stale
from mediatheque.records.embedded.socket import PORT, USER, quoted, socket_folder

_log = structlog.get_logger()


class Cluster:
    """A PostgreSQL cluster; the caller holds the lock of its data folder."""

    def __init__(self, config: EmbeddedConfig) -> None:
        self.config = config
        self.binaries = config.folder_of_binaries
        self.folder = config.data.resolve() / "postgres"
        self.identity = self._open() if (self.folder / "PG_VERSION").exists() else self._create()
        mend_cluster(self.folder)
        self.socket_folder = socket_folder(config, self.folder)

    def command(self) -> list[str]:
        """Return the command line of the postmaster."""
        settings = {
            **_SETTINGS,
            **self._sizes(),
            "dynamic_shared_memory_type": self.config.shared_memory_type,
            **self.config.settings,
            "cluster_name": cluster_name(self.folder),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        address = ["-D", str(self.folder), "-k", quoted(self.socket_folder), "-h", "", "-p", str(PORT)]
        return self.identity.command(self.folder, self.binaries / "postgres", *address, *options)

    def _sizes(self) -> dict[str, str]:
        names = ("shared_buffers", "maintenance_work_mem", "max_connections")
        return {name: str(getattr(self.config, name)) for name in names}

    def clear(self) -> None:
        """End processes and remove files of a former owner. Raises StartupError when another PostgreSQL is in use."""
        cleanup_stale(self.folder, self.socket_folder)

    def close(self) -> None:
        """Remove the socket's folder when it is outside the data folder. PostgreSQL has ended."""
        if self.socket_folder != self.folder:
            with suppress(OSError):  # it is not empty; the next start uses it as it is
                self.socket_folder.rmdir()

    def _open(self) -> Identity:
        """Return the first identity that can run the binaries in the folder. Raises StartupError when none can."""
        stat = self.folder.stat()
        refusals = []
        for identity in candidate_identities((stat.st_uid, stat.st_gid)):
            try:
                version = identity.run(self.folder, self.binaries / "postgres", "--version")
            except StartupError as error:
                refusals.append(str(error))
                continue
            self._check_version(version)
            if stat.st_uid != identity.uid and identity.mode == "switch":
                give(self.folder, identity.uid, identity.gid)
            return identity
        raise StartupError(refusals[0])

    def _check_version(self, version: str) -> None:
        found = re.search(r"(\d+)", version)
        ours = found.group(1) if found else version
        theirs = (self.folder / "PG_VERSION").read_text().strip()
        if ours != theirs:
            raise StartupError(
                f"{self.folder} was made by PostgreSQL {theirs}, and this is PostgreSQL {ours}: "
                f"back it up with a Mediatheque that runs {theirs} and restore it here."
            )

    def _create(self) -> Identity:
        """Create the cluster in a folder beside its own and rename that. Raises StartupError."""
        if self.folder.exists() and any(self.folder.iterdir()):
            raise StartupError(f"{self.folder} is not empty and holds no PostgreSQL cluster: move it away.")
        refusals = []
        for identity in candidate_identities(None):
            try:
                self._initdb(identity)
            except (StartupError, OSError) as error:
                refusals.append(str(error))
                continue
            _log.info("database_created", folder=str(self.folder), mode=identity.mode, uid=identity.uid)
            return identity
        hint = "" if has_account() else f"Give uid {os.geteuid()} an account (a line in /etc/passwd). "
        raise StartupError(f"The database cannot be created. {hint}{refusals[0]}")

    def _initdb(self, identity: Identity) -> None:
        new = self.folder.with_name("postgres.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        maker = identity.with_account()
        _give(new, maker)
        no_sync = ["--no-sync"] if self.config.settings.get("fsync") == "off" else []
        maker.run(new, self.binaries / "initdb", "-D", new, *_INITDB, *no_sync)
        _give(new, identity)
        new.rename(self.folder)
        _sync(self.folder.parent)


_INITDB = [
    *("-U", USER, "-A", "trust", "--encoding=UTF8", "--locale=C.UTF-8"),
    # PostgreSQL's builtin collation: indexed text keeps its order when the machine's C library changes.
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
    # Where a container may not use the huge pages that its host has, the first access ends PostgreSQL by SIGBUS.
    *("-c", "huge_pages=off"),
]

_SETTINGS = {
    "unix_socket_permissions": "0700",
    "synchronous_commit": "on",
    "huge_pages": "off",  # as in initdb's options
    # Before recovery every file is synced: with one call on Linux, else with one for each file.
    **({"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}),
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "log_checkpoints": "off",
    # Clients get the errors; in the log they would repeat statements and content, without limit.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
}


def _give(folder: Path, identity: Identity) -> None:
    """Change the owner of everything in the folder, when the identity is another user."""
    if identity.mode == "switch":
        give(folder, identity.uid, identity.gid)


def _sync(folder: Path) -> None:
    """Sync the folder: a rename in it then survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
