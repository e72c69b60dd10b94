"""Momentum rotation: each month the five of forty symbols that rose most over the year before.

Two symbols leave the market on the way: what is held of them is closed at their last price, as it
would have been. A universe of survivors alone would look better than it was.
"""

import algotrendy as at
from synthetic import daily_bars

SPEC = {
    "rank": "ret(close, 250)",
    "entry": "close > sma(close, 200)",
    "hold": {"count": 5},
    "size": {"type": "percent", "percent": "0.19"},
    "schedule": {"every": "month"},
}


def main() -> None:
    symbols = [f"MADEUP{number:02}" for number in range(40)]
    data = {symbol: daily_bars(1_500, seed=seed) for seed, symbol in enumerate(symbols)}
    result = at.backtest.run(
        SPEC,
        data,
        cash=1_000_000,
        costs={"fees": {"bps": "5"}, "slippage": {"bps": "5"}},
        synthetic=True,
        delistings={"MADEUP03": ("2013-06-03", None), "MADEUP17": ("2014-10-01", None)},
    )
    print(result)


if __name__ == "__main__":
    main()
