"""What servers have in common: made once a test run.

One is a data folder whose database has the current schema and nothing in it, copied for each server.

A server that starts on a copy makes its workspace and prints its key, as on a folder that it made itself; it is
spared `initdb` and the migrations. Tests of the first start itself start without it.
"""

import fcntl
import subprocess
from pathlib import Path
from typing import ClassVar

from mediatheque.records.embedded import EmbeddedConfig, EmbeddedPostgres
from mediatheque.records.embedded.lock import make_data_folder
from mediatheque.records.migrate import migrate

# What a test writes need not survive a power cut. Tests of durability take a copy without these.
FAST = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}


class Template:
    """The template of this run. tests/conftest.py names its folder, which all test processes of the run share.

    `models` is the folder of what the default model computes from its weights, for which it takes four seconds.
    """

    folder: ClassVar[Path]
    models: ClassVar[Path]

    @classmethod
    def copy(cls, data: Path, *, durable: bool = False) -> Path:
        """Make the data folder, which must not exist. `durable`: PostgreSQL keeps its own settings there."""
        cls._make_once()
        make_data_folder(data)
        subprocess.run(["cp", "-a", cls.folder / "postgres", data], check=True)
        if not durable:
            with (data / "postgres" / "postgresql.auto.conf").open("a") as settings:
                settings.writelines(f"{name} = {value}\n" for name, value in FAST.items())
        return data

    @classmethod
    def _make_once(cls) -> None:
        """Other processes wait for the one that makes it."""
        with cls.folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not cls.folder.exists():
                new = cls.folder.with_suffix(".new")
                with EmbeddedPostgres(EmbeddedConfig(data=new, shared_buffers="64MB", settings=FAST)) as url:
                    migrate(url)
                new.rename(cls.folder)
