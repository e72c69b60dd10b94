"""The market and the costs that the peers have, said to our engine."""

from decimal import Decimal
from typing import Any

import algotrendy as at
from algotrendy.domain.instrument import Instrument
from benchmarks.peers.backtest.serve import Inputs, Outcome
from benchmarks.peers.backtest.terms import CASH, FEE, prices

INSTRUMENT = Instrument("SYN", tick_size=Decimal("0.25"))
COSTS: dict[str, Any] = {"fees": {"bps": f"{FEE * 1e4:g}"}}


def bars(inputs: Inputs) -> Any:
    """Return the bars as the engine takes them: read and checked once, as the peers' frames are."""
    columns = {name: prices(inputs, name) for name in ("open", "high", "low", "close")}
    times = {"open_time": inputs["open_time_ns"], "close_time": inputs["close_time_ns"]}
    table = {**times, **columns, "volume": inputs["volume"]}
    return at.backtest.load({"SYN": table}, instruments={"SYN": INSTRUMENT})


def run(strategy: object, data: Any, **terms: Any) -> Outcome:
    """Run once, and look at what the peers are asked for."""
    result = at.backtest.run(strategy, data, cash=int(CASH), costs=COSTS, **terms)
    return Outcome(result.fills.num_rows, float(result.equity["equity"][-1].as_py()))


def crossing(fast: int, slow: int) -> dict[str, Any]:
    """Return the crossing of two means as a spec, all-in at the open it fills at."""
    return {
        "parameters": {"fast": fast, "slow": slow},
        "entry": "cross_above(sma(close, fast), sma(close, slow))",
        "exit": "cross_below(sma(close, fast), sma(close, slow))",
        "size": {"type": "percent", "percent": "1"},
        "size_at": "next_open",
    }
