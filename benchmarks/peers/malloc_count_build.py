"""Builds the library that counts calls of the allocator, into build/peers."""

import os
import subprocess
from pathlib import Path

from benchmarks.harness import REPOSITORY

_SOURCE = Path(__file__).with_name("malloc_count") / "malloc_count.c"
_LIBRARY = REPOSITORY / "build" / "peers" / "libmalloc_count.so"


def malloc_count_environment() -> dict[str, str]:
    """Return the environment of a process that has `malloc_calls`, how often it has allocated."""
    _LIBRARY.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["cc", "-O2", "-fPIC", "-shared", "-o", _LIBRARY, _SOURCE],
        check=True,
        capture_output=True,
    )
    return {**os.environ, "LD_PRELOAD": str(_LIBRARY)}
