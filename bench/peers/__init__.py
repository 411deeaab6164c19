"""Every server under test, Mediatheque first."""

from bench.peers.base import Peer
from bench.peers.behind_nginx import BehindNginx
from bench.peers.copyparty import Copyparty
from bench.peers.mediatheque import Mediatheque, TwoProcesses
from bench.peers.nginx import Nginx
from bench.peers.pocketbase import PocketBase
from bench.peers.seaweedfs import SeaweedFS

PEERS: list[type[Peer]] = [Mediatheque, TwoProcesses, BehindNginx, Nginx, PocketBase, Copyparty, SeaweedFS]

__all__ = ["PEERS", "Peer"]
