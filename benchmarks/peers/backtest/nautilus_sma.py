"""The crossing of two means as a strategy of nautilus_trader: bars, its risk engine, its exchange.

An order that answers a bar fills at that bar's close, for its exchange has seen the bar before the
strategy does. The others fill at the next open.
"""

import math

import numpy as np
from nautilus_trader.config import StrategyConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.objects import Quantity
from nautilus_trader.trading.strategy import Strategy

from benchmarks.peers.backtest.nautilus_engine import DEPTH, INSTRUMENT, VENUE, engine_of, outcome
from benchmarks.peers.backtest.serve import Inputs, Outcome, Work
from benchmarks.peers.backtest.terms import WEIGHT, prices

_BARS = BarType.from_str("SYN.SIM-1-MINUTE-LAST-EXTERNAL")


class _Cross(Strategy):
    def __init__(self, fast: int, slow: int, *, trades: bool) -> None:
        super().__init__(StrategyConfig())
        self._fast, self._slow = SimpleMovingAverage(fast), SimpleMovingAverage(slow)
        self._trades = trades
        self._before = math.nan
        self._held = 0

    def on_start(self) -> None:
        self.register_indicator_for_bars(_BARS, self._fast)
        self.register_indicator_for_bars(_BARS, self._slow)
        self.subscribe_bars(_BARS)

    def on_bar(self, bar: Bar) -> None:
        if not self._slow.initialized:
            return
        before, now = self._before, self._fast.value - self._slow.value
        self._before = now
        if not self._trades:
            return
        if before <= 0 < now and not self._held:
            free = self.cache.account_for_venue(VENUE).balance_free(USD).as_double()
            self._send(OrderSide.BUY, math.floor(WEIGHT * free / bar.close.as_double()))
        elif before >= 0 > now and self._held:
            self._send(OrderSide.SELL, self._held)

    def _send(self, side: OrderSide, quantity: int) -> None:
        self._held = quantity if side == OrderSide.BUY else 0
        self.submit_order(
            self.order_factory.market(
                INSTRUMENT.id,
                side,
                Quantity.from_int(quantity),
                # Its risk engine wants cash for a sale that does not say so.
                reduce_only=side == OrderSide.SELL,
            )
        )


def prepare(inputs: Inputs, fast: str, slow: str, trades: str) -> Work:
    columns = [prices(inputs, name) for name in ("open", "high", "low", "close")]
    closes_ns = inputs["close_time_ns"].astype("uint64")
    volume = np.full(len(closes_ns), DEPTH)
    bars = Bar.from_raw_arrays_to_list(_BARS, 2, 0, *columns, volume, closes_ns, closes_ns)
    engine = engine_of(bars, _Cross(int(fast), int(slow), trades=trades == "1"))

    def work() -> Outcome:
        engine.run()
        return outcome(engine, columns[-1][-1])

    return work
