"""How much is tried: a little in `make test`, much more in `make soak`."""

import os

SOAK_FACTOR = int(os.environ.get("SOAK_FACTOR", "1"))


def examples(count: int) -> int:
    """Return how many random examples to try where `make test` tries `count`."""
    return count * SOAK_FACTOR
