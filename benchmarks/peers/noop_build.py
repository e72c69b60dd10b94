"""Builds the crate `noop` and loads it: what a call from Python costs that does nothing."""

import importlib.util
import os
import subprocess
import sys
from importlib.machinery import ExtensionFileLoader
from pathlib import Path

from benchmarks.harness import REPOSITORY
from benchmarks.peers.loop import Push

_MANIFEST = Path(__file__).parent / "noop" / "Cargo.toml"
_TARGET = REPOSITORY / "build" / "peers" / "noop"


def noop_push() -> Push:
    """Return a method that takes a trade and does nothing."""
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "--quiet", "--manifest-path", _MANIFEST],
        env=os.environ | {"CARGO_TARGET_DIR": str(_TARGET), "PYO3_PYTHON": sys.executable},
        check=True,
    )
    library = str(_TARGET / "release" / "libnoop.so")
    loader = ExtensionFileLoader("noop", library)
    spec = importlib.util.spec_from_file_location("noop", library, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    push: Push = module.Noop().push
    return push
