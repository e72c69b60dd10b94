"""Trades through hftbacktest: looked at one by one, or every minute for a mean of their closes."""

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    EXCH_EVENT,
    LOCAL_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
)
from hftbacktest.types import event_dtype
from numba import njit

from benchmarks.peers.backtest.serve import Inputs, Outcome, Work
from benchmarks.peers.backtest.terms import CASH, prices

_FEED, _DAY_NS = 2, 86_400_000_000_000
_MINUTE_NS = 60_000_000_000


def prepare(inputs: Inputs, how: str) -> Work:
    events = np.zeros(len(inputs["time_ns"]), event_dtype)
    side = np.where(inputs["side"] > 0, BUY_EVENT, SELL_EVENT)
    events["ev"] = TRADE_EVENT | EXCH_EVENT | LOCAL_EVENT | side
    events["exch_ts"] = events["local_ts"] = inputs["time_ns"]
    events["px"] = prices(inputs, "price")
    events["qty"] = inputs["quantity"]
    loop = {"idle": _idle, "minutes": _minutes}[how]

    def work() -> Outcome:
        asset = (
            BacktestAsset()
            .data(events)
            .linear_asset(1.0)
            .constant_order_latency(0, 0)
            .no_partial_fill_exchange()
            .trading_value_fee_model(0.0001, 0.0001)
            .tick_size(0.25)
            .lot_size(1.0)
            .last_trades_capacity(100_000)
        )
        engine = HashMapMarketDepthBacktest([asset])
        seen = loop(engine)
        engine.close()
        # It cannot fill an order where nobody quotes; what was counted says that all was seen.
        return Outcome(seen, CASH)

    return work


@njit
def _idle(engine):  # noqa: ANN001, ANN202
    seen = 0
    while engine.wait_next_feed(False, _DAY_NS) == _FEED:  # noqa: FBT003
        seen += 1
    return seen


@njit
def _minutes(engine):  # noqa: ANN001, ANN202
    seen, mean = 0, np.nan
    while engine.elapse(_MINUTE_NS) == 0:
        last = engine.last_trades(0)
        if len(last) == 0:
            continue
        seen += len(last)
        close = last[-1].px
        mean = close if np.isnan(mean) else mean + (close - mean) * (2 / 21)
        engine.clear_last_trades(0)
    return seen + len(engine.last_trades(0))
