"""`python -m benchmarks [NAME]`: one benchmark, or all of them."""

import importlib
import sys

from benchmarks.harness import header, report

BENCHMARKS = (
    "import_time",
    "wheel",
    "bars",
    "expressions",
    "trading",
    "backtest",
    "inference",
    "order_entry",
    "tick_replay",
)


def main(names: list[str]) -> int:
    """Run the named benchmarks; return 2 for an unknown name."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"No benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        benchmark = importlib.import_module(f"benchmarks.{name}")
        print(f"\n== {name}: {benchmark.__doc__.strip().splitlines()[0]}")
        print(header(benchmark.PACKAGES), flush=True)
        report(name, benchmark.run())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
