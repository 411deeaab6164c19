"""The embedded PostgreSQL: created, started, supervised and stopped by us.

supervisor.py   EmbeddedPostgres: the permanent thread that keeps it running
postmaster.py   one run of it
cluster.py      the folder data/postgres: created once, checked at every start
remains.py      processes and files that a crash leaves behind
processes.py    the PostgreSQL processes of a folder; postmaster.pid
identity.py     the user it runs as, because it refuses to be root
launch.py       a script: switches to that user, then executes PostgreSQL
socket.py       the folder of its socket, and its URL
lock.py         one owner for each data folder
log.py          data/postgres.log
reach.py        its URL for commands, which run beside a server or without one
"""

from mediatheque.records.embedded.config import EmbeddedConfig, StartupError
from mediatheque.records.embedded.lock import DataFolderBusy, DataFolderLock
from mediatheque.records.embedded.reach import connect_or_start, running_conninfo
from mediatheque.records.embedded.supervisor import EmbeddedPostgres

__all__ = [
    "DataFolderBusy",
    "DataFolderLock",
    "EmbeddedConfig",
    "EmbeddedPostgres",
    "StartupError",
    "connect_or_start",
    "running_conninfo",
]
