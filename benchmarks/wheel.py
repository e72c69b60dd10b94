"""Size of the built wheel, against its limit of 15 MB."""

import subprocess
import sys
from pathlib import Path

from benchmarks.harness import OUTPUT, REPOSITORY, Row, row

PACKAGES = ("maturin",)
LIMIT_MB = 15.0


def run() -> list[Row]:
    folder = OUTPUT / "wheel"
    for old in folder.glob("*.whl"):
        old.unlink()
    maturin = Path(sys.executable).with_name("maturin")
    subprocess.run(
        [maturin, "build", "--release", "--locked", "--quiet", "--out", folder],
        cwd=REPOSITORY,
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    return [row("wheel", wheel.stat().st_size / 1e6, "MB", "limit", LIMIT_MB, target=1.0)]
