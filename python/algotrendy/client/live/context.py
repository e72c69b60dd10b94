"""What a live strategy is given in every callback: the context of a backtest, on an account.

Callbacks are plain functions on a thread of their own; what they ask for is asked of the platform
while they wait.
"""

import asyncio
import logging
import math
from collections.abc import Coroutine, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

import numpy as np

from algotrendy.bar.options import duration_ns
from algotrendy.client.live.account import Holdings, LiveAccount
from algotrendy.client.live.bars import Series
from algotrendy.client.live.events import OpenOrder
from algotrendy.client.live.features import LiveFeatures
from algotrendy.client.live.numbers import (
    Number,
    exact,
    order_price,
    target_quantity,
    weight_quantity,
)
from algotrendy.client.live.orders import OrderTerms, bracket
from algotrendy.client.live.timers import Timers
from algotrendy.domain.bar import Float64Column
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.times import time_ns
from algotrendy.errors import FailedPreconditionError, InvalidArgumentError

_T = TypeVar("_T")

log = logging.getLogger("algotrendy.strategy")


class LiveContext:
    """See `algotrendy.Strategy`; the methods are those of a backtest's context.

    Parameters
    ----------
    series : mapping of str to Series
        The bars of each symbol, in the order of the run.
    loop : asyncio.AbstractEventLoop
        On which the platform is asked.
    """

    def __init__(
        self,
        account: LiveAccount,
        series: Mapping[str, Series],
        features: LiveFeatures,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._account = account
        self._series = series
        self._features = features
        self._loop = loop
        self.timers = Timers()
        self._symbol: str | None = None
        self._now_ns = 0
        self._is_trading = False
        self._holdings: Holdings | None = None

    def about(self, symbol: str | None, now_ns: int, *, is_trading: bool = True) -> None:
        """Begin a callback: about a symbol, where it is about one, at a time."""
        only = next(iter(self._series)) if len(self._series) == 1 else None
        self._symbol = only if symbol is None else symbol
        self._now_ns = max(self._now_ns, now_ns)
        self._is_trading = is_trading
        self._holdings = None

    # --- Orders ---------------------------------------------------------------------------------

    def buy(self, quantity: Number, symbol: str | None = None, **terms: Any) -> str | None:  # noqa: ANN401
        """Buy; see `order`."""
        return self.order("BUY", quantity, symbol, **terms)

    def sell(self, quantity: Number, symbol: str | None = None, **terms: Any) -> str | None:  # noqa: ANN401
        """Sell; see `order`."""
        return self.order("SELL", quantity, symbol, **terms)

    def order(
        self,
        side: str,
        quantity: Number,
        symbol: str | None = None,
        *,
        tag: str | None = None,  # noqa: ARG002  # An account keeps no word for people.
        **terms: Any,  # noqa: ANN401  # Those of `OrderTerms`.
    ) -> str | None:
        """Send an order and return its id; None for a `float` of less than a lot."""
        request = OrderTerms(**terms).request(side, quantity, self._instrument(symbol))
        if request is None:
            return None
        return self._trade(self._account.submit(request))

    def bracket(
        self,
        quantity: Number,
        symbol: str | None = None,
        *,
        stop_loss: Number | None = None,
        take_profit: Number | None = None,
        side: str = "BUY",
        tag: str | None = None,  # noqa: ARG002  # As of an order.
        **terms: Any,  # noqa: ANN401  # Those of `OrderTerms`, of the entry.
    ) -> list[str] | None:
        """Send an entry with its exits and return their ids."""
        instrument = self._instrument(symbol)
        entry = OrderTerms(**terms)
        made = bracket(side, quantity, instrument, entry, (stop_loss, take_profit))
        return None if made is None else self._trade(self._account.submit_list(*made))

    def cancel(self, order_id: str) -> None:
        """Ask the venue to cancel an order; one that has ended stays as it is."""
        self._trade(self._account.cancel(order_id))

    def cancel_all(self, symbol: str | None = None) -> None:
        """Cancel the open orders of this run, of one symbol or of all."""
        self._trade(self._account.cancel_all(symbol))

    def replace(
        self,
        order_id: str,
        *,
        quantity: Number | None = None,
        limit: Number | None = None,
        stop: Number | None = None,
    ) -> None:
        """Change an open order after pre-trade checks."""
        instrument = self._series[self._account.symbol_of(order_id)].instrument
        self._trade(
            self._account.replace(
                order_id,
                None if quantity is None else exact("quantity", quantity),
                order_price("limit", limit, instrument, is_up=False),
                order_price("stop", stop, instrument, is_up=False),
            )
        )

    def close(self, symbol: str | None = None) -> str | None:
        """Cancel a symbol's open orders and close what is held of it."""
        self.cancel_all(self._instrument(symbol).symbol)
        return self.target_position(0, symbol)

    def target_position(self, quantity: Number, symbol: str | None = None) -> str | None:
        """Send the market order that makes what is held `quantity`, if it is not."""
        instrument = self._instrument(symbol)
        target = target_quantity(quantity, instrument)
        change = target - self._held(instrument.symbol)
        if not change:
            return None
        side = "BUY" if change > 0 else "SELL"
        return self.order(side, abs(change), instrument.symbol, reduce_only=not target)

    def target_weight(self, weight: float, symbol: str | None = None) -> str | None:
        """Send the market order that makes what is held `weight` of the equity, at `price`."""
        instrument = self._instrument(symbol)
        last = self._series[instrument.symbol].price
        if last is None or last <= 0:
            raise InvalidArgumentError(
                f"{instrument.symbol} has no positive price yet.",
                field="symbol",
                value=instrument.symbol,
            )
        quantity = weight_quantity(weight, self._equity(), instrument.price(last), instrument)
        return self.target_position(quantity, instrument.symbol)

    def timer(
        self, name: str | None = None, *, at: object | None = None, every: object | None = None
    ) -> int:
        """Ask for `on_timer` at a time of the market, or every so often, and return its id."""
        if at is None and every is None:
            raise InvalidArgumentError("at is not given; expected a time, or every.", field="at")
        interval_ns = None if every is None else duration_ns("every", every)
        due_ns = self._now_ns + (interval_ns or 0) if at is None else time_ns("at", at)
        return self.timers.set(name, due_ns, interval_ns, self._now_ns)

    def end_timer(self, timer_id: int) -> None:
        """End a timer; one that has ended stays so."""
        self.timers.end(timer_id)

    # --- What is known --------------------------------------------------------------------------

    @property
    def now_ns(self) -> int:
        """When the callback is about, by the market's time: ns UTC."""
        return self._now_ns

    @property
    def cash(self) -> float:
        """Cash of the account, in its currency."""
        return float(self._account_now().cash)

    @property
    def equity(self) -> float:
        """Cash plus positions at their reference prices."""
        return float(self._equity())

    @property
    def symbols(self) -> list[str]:
        """All symbols of the run, in its order."""
        return list(self._series)

    @property
    def members(self) -> list[str]:
        """The symbols that may be traded now: all."""
        return self.symbols

    def is_member(self, symbol: str | None = None) -> bool:
        """Whether a symbol may be traded now."""
        return self._instrument(symbol).symbol in self._series

    def position(self, symbol: str | None = None) -> float:
        """Return what is held of a symbol; negative is short."""
        return float(self._held(self._instrument(symbol).symbol))

    def open_orders(self, symbol: str | None = None) -> Sequence[OpenOrder]:
        """Return the orders of this run that may still fill."""
        return self._ask(self._account.open_orders(symbol))

    def price(self, symbol: str | None = None) -> float:
        """Return the last known price of a symbol; NaN before the first.

        Where the run is told of trades and quotes, the last trade's, or the middle of the last
        quote, rounded down to a unit of price; of one time the quote's. Else the last close.
        """
        series = self.series(symbol)
        unit: float = 10.0**series.instrument.price_scale
        return math.nan if series.price is None else series.price / unit

    def history(self, count: int, field: str = "close", symbol: str | None = None) -> Float64Column:
        """Return the last values of a field, oldest first; fewer where there are no more."""
        return self.series(symbol).history(count, field)

    def feature(self, name: str, symbol: str | None = None) -> float:
        """Return a feature's value at the last bar of a symbol; NaN where it has none."""
        return self._features.value(name, self._instrument(symbol).symbol)

    def model(self, name: str, symbol: str | None = None) -> float:
        """Return what a model says of the last bar of a symbol; NaN where it says nothing."""
        return self._features.model(name, self._instrument(symbol).symbol)

    @property
    def bars(self) -> Series:
        """The bars of the symbol that the callback is about."""
        return self.series()

    def series(self, symbol: str | None = None) -> Series:
        """Return the bars of a symbol."""
        return self._series[self._instrument(symbol).symbol]

    def log(self, message: object) -> None:
        """Write a line to the log `algotrendy.strategy`, with the market's time."""
        log.info("%s  %s", np.datetime64(self._now_ns, "ns").astype("datetime64[ms]"), message)

    def _instrument(self, symbol: str | None) -> Instrument:
        chosen = self._symbol if symbol is None else symbol
        if chosen is None:
            raise InvalidArgumentError(
                "symbol is missing; expected one, because the callback is about none.",
                field="symbol",
            )
        if chosen not in self._series:
            known = ", ".join(self._series)
            raise InvalidArgumentError(
                f"symbol is {chosen!r}; expected one of {known}.", field="symbol", value=chosen
            )
        return self._series[chosen].instrument

    def _held(self, symbol: str) -> Decimal:
        return self._account_now().positions.get(symbol, Decimal(0))

    def _equity(self) -> Decimal:
        equity = self._account_now().equity
        if equity is None:
            raise FailedPreconditionError(
                "The account holds something without a price, so its equity is not known."
            )
        return equity

    def _account_now(self) -> Holdings:
        if self._holdings is None:
            self._holdings = self._ask(self._account.holdings())
        return self._holdings

    def _trade(self, request: Coroutine[Any, Any, _T]) -> _T:
        if not self._is_trading:
            request.close()
            raise FailedPreconditionError("Orders are possible from the first bar to the last.")
        # It may have been filled at once.
        self._holdings = None
        return self._ask(request)

    def _ask(self, request: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(request, self._loop).result()
