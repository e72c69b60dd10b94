"""Trend on daily bars: in the market above the 100-day mean, out below, a stop under each entry."""

import algotrendy as at
from synthetic import daily_bars

SPEC = {
    "parameters": {"days": 100},
    "entry": "cross_above(close, sma(close, days))",
    "exit": "cross_below(close, sma(close, days))",
    "size": {"type": "volatility_target", "annual": "0.10", "window": 60},
    "stops": {"stop_loss": {"distance": "4 * atr(20)"}},
}


def main() -> None:
    bars = daily_bars(2_500, seed=1)
    costs = {"fees": {"bps": "2"}, "slippage": {"bps": "3"}}
    result = at.backtest.run(SPEC, {"MADEUP": bars}, costs=costs, synthetic=True)
    print(result)


if __name__ == "__main__":
    main()
