"""The Python SDK: typed calls to a running platform, with typed errors."""

from algotrendy.client.client import Client, pages
from algotrendy.rpc.addresses import read_addresses

__all__ = ["Client", "pages", "read_addresses"]
