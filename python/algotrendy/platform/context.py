"""What an area is given to run."""

import socket
from dataclasses import dataclass

import psycopg_pool

from algotrendy.bus import Bus
from algotrendy.config import Settings
from algotrendy.domain.clock import Clock
from algotrendy.rpc.channels import Channels
from algotrendy.storage.data_folder import DataFolder


@dataclass(frozen=True)
class Context:
    """The shared parts of one process, made before any area starts and undone after the last.

    `http` listens already, for the one area of the process that answers HTTP.
    """

    settings: Settings
    data_folder: DataFolder
    postgres: psycopg_pool.AsyncConnectionPool
    bus: Bus
    channels: Channels
    clock: Clock
    http: socket.socket
