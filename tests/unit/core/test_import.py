"""`import algotrendy` is light."""

import subprocess
import sys
from importlib.metadata import version

import algotrendy


def test_the_version_is_that_of_the_distribution() -> None:
    assert algotrendy.__version__ == version("algotrendy")


def test_importing_the_package_loads_the_standard_library_and_numpy_alone() -> None:
    program = """
import sys, sysconfig, numpy, numpy.typing
sysconfig.get_config_vars()  # Its own data are a module whose name differs by platform.
before = set(sys.modules)
import algotrendy
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    assert "algotrendy" in loaded
    assert {*loaded} - sys.stdlib_module_names == {"algotrendy"}


def test_trading_is_there_once_it_is_named() -> None:
    program = """
import sys, algotrendy
assert "algotrendy.trading" not in sys.modules
print(algotrendy.trading.Core.__name__, hasattr(algotrendy, "tarding"))
"""
    printed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    assert printed.split() == ["Core", "False"]
