"""The account of one backtest: a trading core and a venue, and what they did."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from algotrendy import _core
from algotrendy.backtest.model import BacktestTerms
from algotrendy.backtest.result import BacktestResult, Order
from algotrendy.domain import statistics
from algotrendy.domain.bar import Bar, BarColumns
from algotrendy.domain.fill import Fill
from algotrendy.domain.money import currency_scale, from_units, to_units
from algotrendy.domain.order import AccountView, OrderIntent, Side, strategy_client_order_id
from algotrendy.errors import (
    InsufficientDataError,
    InsufficientFundsError,
    InvalidArgumentError,
)

_STATISTICS_BARS = 2


def validate(series: Sequence[BarColumns], terms: BacktestTerms) -> str:
    """Return the currency of a run; raise `InvalidArgumentError` for terms that cannot be run."""
    currencies = sorted({columns.instrument.currency for columns in series})
    if len(currencies) != 1:
        raise InvalidArgumentError(
            f"The instruments are quoted in {', '.join(currencies)}; expected one currency.",
            field="symbols",
            value=", ".join(currencies),
        )
    to_units(terms.initial_cash, currency_scale(currencies[0]), field="initial_cash")
    return currencies[0]


class Book:
    """The account of one run: a core and a venue, and what they did."""

    def __init__(
        self,
        run_id: str,
        series: Sequence[BarColumns],
        terms: BacktestTerms,
        strategy_id: str | None,
        make_order_id: Callable[[int], str],
    ) -> None:
        self._run_id = run_id
        self._terms = terms
        self._strategy_id = strategy_id
        self._make_order_id = make_order_id
        self._instruments = {
            columns.instrument.symbol: columns.instrument.as_traded() for columns in series
        }
        self._currency = validate(series, terms)
        # Every order is told, so none is forgotten.
        self._core = _core.TradingCore(run_id, self._currency, retained_orders=None)
        self._venue = terms.venue_terms.to_core()
        self._order_count = 0
        self._fills: list[Fill] = []
        self._start_time_ns: int | None = None
        self._close_times_ns: list[int] = []
        self._equity: list[int] = []
        self._closes_in_market = 0
        self._now_ns = terms.start_time_ns
        # Up to when time has passed in the core.
        self._advanced_ns: int | None = None
        self._set_up()

    def _set_up(self) -> None:
        limits: Any = self._terms.limits.with_version(1).to_core()
        scale = currency_scale(self._currency)
        cash = to_units(self._terms.initial_cash, scale, field="initial_cash")
        execute = self._core.execute
        execute({"type": "Deposit", "currency": self._currency, "amount": cash}, self._now_ns)
        execute({"type": "SetLimits", "limits": limits}, self._now_ns)
        for instrument in self._instruments.values():
            terms = instrument.core_terms
            execute({"type": "RegisterInstrument", "instrument": terms}, self._now_ns)
            self._venue.set_instrument(instrument.core)

    def open(self, bar: Bar) -> None:
        """Let resting orders meet the bar."""
        if self._start_time_ns is None:
            self._start_time_ns = bar.open_time_ns
        self._now_ns = bar.open_time_ns
        self._advance()
        reports = self._venue.on_bar(
            bar.symbol,
            {
                "open_time_ns": bar.open_time_ns,
                "close_time_ns": bar.close_time_ns,
                "open": bar.open,
                "high": bar.high,
                "low": bar.low,
                "close": bar.close,
                "volume": bar.volume,
            },
        )
        for report in reports:
            self._execute(report)

    def mark(self, bar: Bar) -> None:
        """Make the close the symbol's reference price."""
        self._now_ns = bar.close_time_ns
        self._core.execute(
            {
                "type": "Mark",
                "symbol": bar.symbol,
                "price": bar.close,
                "source": "bar",
                "price_time_ns": bar.close_time_ns,
            },
            self._now_ns,
        )

    def view(self, symbol: str) -> AccountView:
        """Return the account as the strategy sees it, for one symbol."""
        positions = self._core.positions()
        return AccountView(
            position=next((held["quantity"] for held in positions if held["symbol"] == symbol), 0),
            equity=from_units(self._core.equity()["equity"], currency_scale(self._currency)),
            has_working_order=any(order["symbol"] == symbol for order in self._core.open_orders()),
        )

    def submit(self, intent: OrderIntent) -> None:
        """Submit an order; one that passes the checks goes to the venue."""
        self._order_count += 1
        order_id = self._make_order_id(self._order_count)
        self._execute(
            {
                "type": "Submit",
                "order_id": order_id,
                "client_order_id": strategy_client_order_id(
                    self._run_id, intent.symbol, intent.bar_close_time_ns
                ),
                "symbol": intent.symbol,
                "side": intent.side.value,
                "order_type": "MARKET",
                "quantity": intent.quantity,
                "limit_price": None,
                "time_in_force": "GTC",
                "strategy_id": self._strategy_id,
            }
        )

    def close(self, close_time_ns: int) -> None:
        """Note the equity of a bar time."""
        equity = self._core.equity()["equity"]
        if equity <= 0:
            shown = from_units(equity, currency_scale(self._currency))
            raise InsufficientFundsError(
                f"The account was worth {shown} {self._currency} at the close of "
                f"{np.datetime64(close_time_ns, 'ns').astype('datetime64[s]')}Z: it is ruined.",
                equity=str(shown),
                close_time_ns=str(close_time_ns),
            )
        self._close_times_ns.append(close_time_ns)
        self._equity.append(equity)
        self._closes_in_market += any(held["quantity"] for held in self._core.positions())

    def result(self) -> BacktestResult:
        """Return everything that came of the run."""
        if len(self._equity) < _STATISTICS_BARS:
            raise InsufficientDataError(
                f"The span to trade holds {len(self._equity)} bar times; a backtest needs "
                f"{_STATISTICS_BARS}.",
                bar_count=str(len(self._equity)),
            )
        close_time_ns = np.array(self._close_times_ns, dtype=np.int64)
        equity = np.array(self._equity, dtype=np.int64)
        scaled = equity / 10.0 ** currency_scale(self._currency)
        performance = statistics.performance(close_time_ns, scaled)
        return BacktestResult(
            currency=self._currency,
            initial_cash=self._terms.initial_cash,
            start_time_ns=self._start_time_ns or self._terms.start_time_ns,
            fills=tuple(self._fills),
            orders=tuple(self._order(order) for order in self._core.orders()),
            close_time_ns=close_time_ns,
            equity=equity,
            statistics=statistics.BacktestStatistics(
                **vars(performance), time_in_market=self._closes_in_market / len(equity)
            ),
        )

    def _advance(self) -> None:
        """Let time pass to now: what is due takes effect."""
        if self._advanced_ns is None or self._now_ns > self._advanced_ns:
            self._advanced_ns = self._now_ns
            self._decide({"type": "Advance"})

    def _execute(self, command: Any) -> None:  # noqa: ANN401  # As the core's stub describes it.
        """Let time pass, as in a paper account, then execute a command."""
        self._advance()
        self._decide(command)

    def _decide(self, command: Any) -> None:  # noqa: ANN401  # See `_execute`.
        for event in self._core.execute(command, self._now_ns).events:
            for report in self._tell_venue(event):
                self._decide(report)

    def _tell_venue(self, event: Any) -> "list[_core.ExecutionReport]":  # noqa: ANN401
        """Tell the venue what an event means for it; return its reports."""
        match event:
            case {"type": "OrderFilled", "symbol": symbol}:
                self._fills.append(Fill.from_core(event, self._instruments[symbol]))
            case {"type": "OrderCreated", "order": {"state": "PENDING_SEND"} as order}:
                return self._venue.send(order, self._now_ns)
            case {"type": "CancelRequested", "order_id": order_id}:
                return self._venue.cancel(order_id, self._now_ns)
        return []

    def _order(self, order: "_core.OrderDict") -> Order:
        return Order(
            order_id=order["order_id"],
            client_order_id=order["client_order_id"],
            symbol=order["symbol"],
            side=Side(order["side"]),
            quantity=self._instruments[order["symbol"]].quantity(order["quantity"]),
            status=order["status"],
            reject_reason=order["reject_reason"] or "",
            create_time_ns=order["create_time_ns"],
        )
