"""The Python SDK: typed calls to a running platform, with typed errors."""

from algotrendy.client.client import Client, published_addresses

__all__ = ["Client", "published_addresses"]
