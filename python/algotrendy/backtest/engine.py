"""The event loop of a backtest: the trading core and the simulated venue, driven by bars.

When bars open, resting orders meet their opens. When bars close, every close becomes its symbol's
reference price, then the strategy decides symbol by symbol. What closes at a time comes before what
opens at it, so that an order fills at the next open. Lock-step replay of a live run has this order.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from algotrendy import _core
from algotrendy.backtest.model import BacktestTerms
from algotrendy.backtest.ports import Decider, Progress
from algotrendy.backtest.result import BacktestResult, BacktestStatistics, Fill, Order
from algotrendy.domain import statistics
from algotrendy.domain.bar import Bar, BarColumns
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.money import currency_scale, from_units, to_units
from algotrendy.domain.order import AccountView, OrderIntent, Side, strategy_client_order_id
from algotrendy.errors import (
    InsufficientDataError,
    InsufficientFundsError,
    InvalidArgumentError,
)

_CLOSE, _OPEN = 0, 1
_PROGRESS_STEPS = 200
_STATISTICS_BARS = 2


def run(
    run_id: str,
    series: Sequence[BarColumns],
    deciders: Mapping[str, Decider],
    terms: BacktestTerms,
    *,
    strategy_id: str | None = None,
    make_order_id: Callable[[int], str] | None = None,
    on_progress: Progress | None = None,
) -> BacktestResult:
    """Run a strategy over bars and return everything that came of it.

    Parameters
    ----------
    run_id : str
        Names the account, and is part of every `client_order_id`.
    series : sequence of BarColumns
        One for each symbol, warm-up included; instruments of one currency.
    deciders : mapping of str to Decider
        The strategy on each symbol, having seen no bar.
    make_order_id : callable, optional
        Gives the id of the n-th order, from 1. Default: `{run_id}-{n}`, equal in every repetition.
    on_progress : callable, optional
        Told the share of bars done, 0 to 1, at most 200 times; what it raises ends the run.

    Raises
    ------
    InsufficientDataError
        If fewer than two bar times lie in the span to trade.
    InsufficientFundsError
        If the account is worth nothing any more: an open far above the close it was sized at.
    InSampleError
        If a bar to trade lies in the model's training, unless the terms allow it.
    """
    seen = [columns.between(None, terms.end_time_ns) for columns in series]
    book = _Book(run_id, seen, terms, strategy_id, make_order_id or (lambda n: f"{run_id}-{n}"))
    report = _throttled(on_progress, sum(map(len, seen)))
    for (time_ns, phase), bars in _moments(seen):
        traded = [bar for bar in bars if bar.open_time_ns >= terms.start_time_ns]
        if phase == _OPEN:
            for bar in traded:
                book.open(bar)
            continue
        for bar in bars:
            if bar.open_time_ns < terms.start_time_ns:
                deciders[bar.symbol].warm_up((bar,))
        if traded:
            _decide(book, deciders, traded)
            book.close(time_ns)
        report(len(bars))
    return book.result()


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


def _decide(book: "_Book", deciders: Mapping[str, Decider], bars: Sequence[Bar]) -> None:
    for bar in bars:
        book.mark(bar)
    for bar in bars:
        decider = deciders[bar.symbol]
        probability = decider.observe(bar)
        if probability is None:
            continue
        intent = decider.decide(bar, probability, book.view(bar.symbol))
        if intent is not None:
            book.submit(intent)


def _moments(series: Sequence[BarColumns]) -> Iterator[tuple[tuple[int, int], list[Bar]]]:
    """Yield each time and phase with the bars that close or open then, by symbol."""
    events = heapq.merge(*map(_bar_events, series), key=itemgetter(0, 1, 2))
    for moment, group in groupby(events, key=itemgetter(0, 1)):
        yield moment, [bar for _, _, _, bar in group]


def _bar_events(columns: BarColumns) -> Iterator[tuple[int, int, str, Bar]]:
    for bar in columns:
        yield bar.open_time_ns, _OPEN, bar.symbol, bar
        yield bar.close_time_ns, _CLOSE, bar.symbol, bar


def _throttled(on_progress: Progress | None, total: int) -> Callable[[int], None]:
    done = 0
    next_report = 0.0

    def report(count: int) -> None:
        nonlocal done, next_report
        done += count
        if on_progress is not None and (done >= next_report or done == total):
            next_report = done + total / _PROGRESS_STEPS
            on_progress(done / total)

    return report


class _Book:
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
        self._instruments = {columns.instrument.symbol: columns.instrument for columns in series}
        self._currency = validate(series, terms)
        self._core = _core.TradingCore(run_id)
        self._venue = _core.SimulatedVenue(
            slippage_bps=f"{terms.venue_terms.slippage_bps:f}",
            fee_bps=f"{terms.venue_terms.fee_bps:f}",
        )
        self._order_count = 0
        self._fills: list[Fill] = []
        self._start_time_ns: int | None = None
        self._close_times_ns: list[int] = []
        self._equity: list[int] = []
        self._closes_in_market = 0
        self._now_ns = terms.start_time_ns
        self._set_up()

    def _set_up(self) -> None:
        limits: Any = self._terms.limits.with_version(1).to_core()
        scale = currency_scale(self._currency)
        cash = to_units(self._terms.initial_cash, scale, field="initial_cash")
        execute = self._core.execute
        execute({"type": "Deposit", "currency": self._currency, "amount": cash}, self._now_ns)
        execute({"type": "SetLimits", "limits": limits}, self._now_ns)
        for instrument in self._instruments.values():
            terms = _core_terms(instrument)
            execute({"type": "RegisterInstrument", "instrument": terms}, self._now_ns)

    def open(self, bar: Bar) -> None:
        """Let resting orders meet the bar."""
        if self._start_time_ns is None:
            self._start_time_ns = bar.open_time_ns
        self._now_ns = bar.open_time_ns
        instrument = self._instruments[bar.symbol]
        reports = self._venue.on_bar(
            instrument.core,
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
            for event in self._core.execute(report, self._now_ns).events:
                if event["type"] == "OrderFilled":
                    self._fills.append(self._fill(event))

    def mark(self, bar: Bar) -> None:
        """Make the close the symbol's reference price."""
        self._now_ns = bar.close_time_ns
        self._core.execute(
            {"type": "Mark", "symbol": bar.symbol, "price": bar.close, "source": "bar"},
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
        decision = self._core.execute(
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
            },
            self._now_ns,
        )
        for event in decision.events:
            if event["type"] == "OrderCreated":
                for report in self._venue.send(event["order"]):
                    self._core.execute(report, self._now_ns)

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
            statistics=BacktestStatistics(
                **vars(performance), time_in_market=self._closes_in_market / len(equity)
            ),
            in_sample=self._terms.in_sample,
        )

    def _fill(self, event: "_core.OrderFilled") -> Fill:
        instrument = self._instruments[event["symbol"]]
        traded_time_ns = event["transact_time_ns"]
        return Fill(
            symbol=event["symbol"],
            side=Side(event["side"]),
            quantity=instrument.quantity(event["quantity"]),
            price=instrument.price(event["price"]),
            fee=from_units(event["fee"], currency_scale(event["fee_currency"])),
            fill_time_ns=event["time_ns"] if traded_time_ns is None else traded_time_ns,
            execution_id=event["execution_id"],
            order_id=event["order_id"],
            client_order_id=event["client_order_id"],
            strategy_id=event["strategy_id"] or "",
        )

    def _order(self, order: "_core.Order") -> Order:
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


def _core_terms(instrument: Instrument) -> "_core.InstrumentTerms":
    core = instrument.core
    return {
        "symbol": core.symbol,
        "kind": core.kind,
        "currency": core.currency,
        "price_scale": core.price_scale,
        "quantity_scale": core.quantity_scale,
        "tick_size": core.tick_size,
        "lot_size": core.lot_size,
        "multiplier": core.multiplier,
        "allow_negative_prices": core.allow_negative_prices,
    }
