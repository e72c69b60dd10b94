"""The trades and quotes that a live strategy is told of, as `on_trade` and `on_quote` get them.

Prices and quantities are `float64`, with the bits of a backtest's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import Ticks


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LiveTrade:
    """A trade of the market.

    Parameters
    ----------
    side : int
        1 where a buyer took the liquidity, -1 where a seller did, 0 where nobody knows.
    """

    symbol: str
    time_ns: int
    price: float
    quantity: float
    side: int

    def __repr__(self) -> str:
        price, quantity = _written(self.price), _written(self.quantity)
        about = f"{self.symbol}, time_ns={self.time_ns}"
        return f"StrategyTrade({about}, price={price}, quantity={quantity})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LiveQuote:
    """The best bid and ask of the market."""

    symbol: str
    time_ns: int
    bid: float
    ask: float
    bid_size: float
    ask_size: float

    def __repr__(self) -> str:
        about = f"{self.symbol}, time_ns={self.time_ns}"
        return f"StrategyQuote({about}, bid={_written(self.bid)}, ask={_written(self.ask)})"


def live_ticks(ticks: Ticks, instrument: Instrument) -> Iterator[LiveTrade | LiveQuote]:
    """Yield what was made of an instrument at one time: its trades, then its quotes."""
    about = (ticks.symbol, ticks.time_ns)
    price_unit, quantity_unit = 10.0**instrument.price_scale, 10.0**instrument.quantity_scale
    for trade in ticks.trades:
        price, quantity = trade.price / price_unit, trade.quantity / quantity_unit
        yield LiveTrade(*about, price, quantity, trade.side)
    for quote in ticks.quotes:
        prices = (quote.bid / price_unit, quote.ask / price_unit)
        sizes = (quote.bid_size / quantity_unit, quote.ask_size / quantity_unit)
        yield LiveQuote(*about, *prices, *sizes)


def _written(value: float) -> str:
    """Return a number as a backtest writes it: 100, not 100.0, and without an exponent."""
    return f"{Decimal(repr(value)):f}".removesuffix(".0")
