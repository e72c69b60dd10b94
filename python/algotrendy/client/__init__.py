"""The Python SDK: typed calls to a running platform, with typed errors."""

from algotrendy.client.client import Client
from algotrendy.rpc.addresses import read_addresses
from algotrendy.rpc.paging import pages

__all__ = ["Client", "pages", "read_addresses"]
