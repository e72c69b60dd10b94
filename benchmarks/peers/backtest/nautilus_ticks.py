"""Trades through nautilus_trader: handed to a strategy, or made into minutes for a mean of them."""

import math

import numpy as np
from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import Bar, BarType, TradeTick
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.objects import Quantity
from nautilus_trader.trading.strategy import Strategy

from benchmarks.peers.backtest.nautilus_engine import DEPTH, INSTRUMENT, VENUE, engine_of, outcome
from benchmarks.peers.backtest.serve import Inputs, Outcome, Work
from benchmarks.peers.backtest.terms import WEIGHT, prices

_WINDOW = 20
_BARS = BarType.from_str("SYN.SIM-1-MINUTE-LAST-INTERNAL")


class _Idle(Strategy):
    def on_start(self) -> None:
        self.subscribe_trade_ticks(INSTRUMENT.id)

    def on_trade_tick(self, tick: TradeTick) -> None:
        pass


class _Mean(Strategy):
    """Holds while a minute closes above the mean of the closes."""

    def __init__(self, config: StrategyConfig) -> None:
        super().__init__(config)
        self._mean = 0.0
        self._seen = 0
        self._held = 0

    def on_start(self) -> None:
        self.subscribe_bars(_BARS)

    def on_bar(self, bar: Bar) -> None:
        # Its own mean begins at the first close; that of the others, with the mean of the first 20.
        close = bar.close.as_double()
        self._seen += 1
        if self._seen <= _WINDOW:
            self._mean += close / _WINDOW
        else:
            self._mean += (close - self._mean) * (2 / (_WINDOW + 1))
        if self._seen < _WINDOW:
            return
        if close > self._mean and not self._held:
            free = self.cache.account_for_venue(VENUE).balance_free(USD).as_double()
            self._send(OrderSide.BUY, math.floor(WEIGHT * free / close))
        elif close < self._mean and self._held:
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


def prepare(inputs: Inputs, how: str) -> Work:
    times_ns = inputs["time_ns"].astype("uint64")
    price = prices(inputs, "price")
    ticks = TradeTick.from_raw_arrays_to_list(
        INSTRUMENT.id,
        2,
        0,
        price,
        np.full(len(price), DEPTH),
        np.where(inputs["side"] > 0, 1, 2).astype("uint8"),
        [str(number) for number in range(len(price))],
        times_ns,
        times_ns,
    )
    engine = engine_of(ticks, {"idle": _Idle, "minutes": _Mean}[how](StrategyConfig()))

    def work() -> Outcome:
        engine.run()
        return outcome(engine, price[-1])

    return work
