"""`import algotrendy` is light."""

import subprocess
import sys
from importlib.metadata import version

import algotrendy


def test_the_version_is_that_of_the_distribution() -> None:
    assert algotrendy.__version__ == version("algotrendy")


def test_importing_the_package_loads_only_the_core_and_numpy() -> None:
    program = """
import sys, numpy
before = set(sys.modules)
import algotrendy
print(*sorted(set(sys.modules) - before))
"""
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    assert loaded == ["algotrendy", "algotrendy._core"]
