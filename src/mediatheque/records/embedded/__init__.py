"""The bundled PostgreSQL: started, watched, restarted and stopped by us.

supervisor.py   EmbeddedPostgres: the permanent thread that keeps it running
postmaster.py   one run of it
cluster.py      the folder data/postgres: made once, checked at every start
remains.py      what a crash leaves behind
processes.py    which PostgreSQL processes live on a folder; postmaster.pid
identity.py     as whom it runs, because it refuses to be root
launch.py       a script: takes on that identity, then becomes PostgreSQL
socket.py       where its socket lies, and the URL that leads there
lock.py         one owner for each data folder
log.py          data/postgres.log
reach.py        the way in for a command beside a server
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
