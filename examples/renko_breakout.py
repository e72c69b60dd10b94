"""Breakout on Renko bars: buys above the highest of the last bricks, and leaves below the lowest.

Features see bricks, orders meet the trades that come after: nobody can trade at a brick's price.
"""

import algotrendy as at
from synthetic import trades


class Breakout(at.Strategy):
    """Buys a close above the highest of the `bricks` before it; leaves below the lowest."""

    bricks: int = 6
    features = {"top": "lag(max(close, bricks), 1)", "bottom": "lag(min(close, bricks), 1)"}

    def on_bar(self, context, bar):
        if bar.close > context.feature("top") and not context.position():
            context.target_weight(0.95)
        elif bar.close < context.feature("bottom"):
            context.close()


def main() -> None:
    result = at.backtest.run(
        Breakout(),
        {"MADEUP": trades(200_000, seed=4)},
        bars={"style": "renko", "size": "10 ticks"},
        costs={"fees": {"bps": "1"}, "slippage": {"bps": "1"}},
        synthetic=True,
    )
    print(result)


if __name__ == "__main__":
    main()
