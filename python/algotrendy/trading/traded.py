"""How an account's venue trades it, bar by bar and tick by tick."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Literal

import structlog

from algotrendy import _core
from algotrendy.domain.money import round_half_even
from algotrendy.trading import command_codec, core_codec, events
from algotrendy.trading.core_codec import Command
from algotrendy.trading.events import AccountEvent
from algotrendy.trading.journalled import Journalled
from algotrendy.trading.model import (
    AccountTerms,
    BarPhase,
    MarketBar,
    MarketTicks,
    Order,
)
from algotrendy.trading.ports import Journal, Venue

log = structlog.get_logger(__name__)

Walk = Iterator[Literal[True]]
"""Work in steps: before the next one, the venue is told what came of the last."""


class Traded(Journalled):
    """An account's time and prices, and what its venue is told and reports."""

    def __init__(self, terms: AccountTerms, journal: Journal, venue: Venue) -> None:
        super().__init__(terms, journal)
        self._venue = venue
        # Open time of the bar whose rest is walked: what follows from it is sent as of then, so
        # that it meets what is left of the bar.
        self._walk_ns: int | None = None
        # Data of before were traded before; a replay may send them again.
        self._next_ns: dict[str, int] = {}
        self._recovered_ns = -1

    def recover(self, records: Sequence[bytes]) -> list[AccountEvent]:
        """Fold journalled records, give the venue its open orders back, return all events."""
        found = super().recover(records)
        self._next_ns = dict.fromkeys(self.instruments, self.clock_ns)
        self._recovered_ns = self.clock_ns
        return found

    def walk_bar(self, bar: MarketBar, phase: BarPhase) -> Walk:
        """Let the venue trade a bar of an instrument the account knows; see `Walk`.

        An open that is past is not traded.
        """
        instrument = self._instrument(bar.symbol)
        if phase is BarPhase.CLOSE:
            yield from self._walk_rest(bar)
            return
        if bar.open_time_ns < self._next_ns.get(bar.symbol, 0):
            log.info("bar_ignored", account_id=self.terms.account_id, symbol=bar.symbol)
            return
        # Before anything changes: a bar that cannot be read leaves no trace, and can be sent again.
        raw_bar = core_codec.venue_bar(bar, instrument)
        yield from self.pass_time(bar.open_time_ns)
        reports = self._venue.begin_bar(bar.symbol, raw_bar)
        self._next_ns[bar.symbol] = bar.open_time_ns + 1
        if phase is BarPhase.OPEN:
            yield from self._walk(reports, lambda: self._venue.next_at_open(raw_bar))
        else:
            yield from self._walk(reports, self._venue.next)

    def walk_ticks(self, moment: Sequence[MarketTicks]) -> Walk:
        """Let the venue trade the ticks of one time, one by one; see `Walk`.

        Each is the reference price from then on. Time passes, also where there are none. What is
        told of a symbol at one time is told at once. So ticks are past, and not traded, where the
        symbol has had ticks of their time, where the account's time is later, and after a restart
        where it is the same, too: what was traded before is not known.
        """
        fresh = [ticks for ticks in moment if self._is_fresh(ticks)]
        # Before anything changes: of ticks of which one is wrong, none is traded.
        raw = [core_codec.venue_ticks(each, self._instrument(each.symbol)) for each in fresh]
        for ticks, (trades, quotes) in zip(fresh, raw, strict=True):
            symbol, time_ns = ticks.symbol, ticks.time_ns
            yield from self.pass_time(time_ns)
            if trades or quotes:
                self._next_ns[symbol] = time_ns + 1
            for trade in trades:
                yield from self._walk(self._venue.begin_trade(symbol, trade), self._venue.next)
                yield from self._mark_tick(symbol, trade["price"], time_ns, "trade")
            for quote in quotes:
                middle = (quote["bid"] + quote["ask"]) // 2
                yield from self._walk(self._venue.begin_quote(symbol, quote), self._venue.next)
                yield from self._mark_tick(symbol, middle, time_ns, "middle")

    def pass_time(self, time_ns: int) -> Walk:
        """Let the market's time go on to a time, and what is due by then happen, each at its time.

        See `Walk`.
        """
        while (due_ns := self._venue.next_due_ns) is not None and due_ns <= time_ns:
            yield from self._pass_to(due_ns)
        yield from self._pass_to(time_ns)

    def _pass_to(self, time_ns: int) -> Walk:
        self.clock_ns = max(self.clock_ns, time_ns)
        # The venue first: its report of an expiry comes before the account's own conclusion.
        for report in self._venue.advance(time_ns):
            self.execute_report(report)
        yield from self._pause()
        self.advance()
        yield from self._pause()

    def _is_fresh(self, ticks: MarketTicks) -> bool:
        next_ns = max(self.clock_ns, self._recovered_ns + 1, self._next_ns.get(ticks.symbol, 0))
        if ticks.time_ns < next_ns:
            log.info("ticks_ignored", account_id=self.terms.account_id, symbol=ticks.symbol)
        return ticks.time_ns >= next_ns

    def _mark_tick(self, symbol: str, units: int, time_ns: int, source: str) -> Walk:
        self._mark(symbol, units, time_ns, source)
        # What the account is worth now may be news, before anything else trades.
        yield from self.pass_time(time_ns)

    def _walk_rest(self, bar: MarketBar) -> Walk:
        # What is due at the close comes after the bar.
        yield from self.pass_time(bar.close_time_ns - 1)
        if not self._venue.resume_bar(bar.symbol):
            return
        self._walk_ns = bar.open_time_ns
        try:
            yield from self._walk([], self._venue.next)
        finally:
            self._walk_ns = None

    def _walk(
        self,
        reports: "Sequence[_core.ExecutionReport] | None",
        go_on: "Callable[[], list[_core.ExecutionReport] | None]",
    ) -> Walk:
        while reports is not None:
            for report in reports:
                self.execute_report(report)
            yield from self._pause()
            reports = go_on()

    def _pause(self) -> Walk:
        if self._events:
            yield True

    def mark(self, symbol: str, price: Decimal, price_time_ns: int, source: str) -> None:
        """Take a reference price; one older than the account's time changes nothing."""
        instrument = self._instrument(symbol)
        if price_time_ns < self.clock_ns:
            return
        units = instrument.price_units(round_half_even(price, instrument.price_scale))
        self._mark(symbol, units, price_time_ns, source)

    def _mark(self, symbol: str, units: int, price_time_ns: int, source: str) -> None:
        self.clock_ns = price_time_ns
        command: Command = {
            "type": "Mark",
            "symbol": symbol,
            "price": units,
            "source": source,
            "price_time_ns": price_time_ns,
        }
        self._core.execute(command, self.clock_ns)

    def tell_venue(self, event: AccountEvent) -> list[Command]:
        """Tell the venue what a synced event means for it; return its reports."""
        sent_ns = self.clock_ns if self._walk_ns is None else self._walk_ns
        # What the venue reported meanwhile may have answered what was to be asked of it.
        match event.body:
            case (
                events.OrderCreated(Order(order_id=order_id))
                | events.OrderReleased(order_id)
                | events.OrderApproved(order_id)
            ):
                raw = self._raw(order_id)
                return self._send(raw, sent_ns) if raw["state"] == "PENDING_SEND" else []
            # A simulated venue has what the account says it has: also what it took over.
            case events.CoreEvent({"type": "OrderAdopted", "order": {"order_id": order_id}}):
                return self._send(self._raw(order_id), sent_ns)
            case events.OrderReplaceRequested(order_id, asked):
                raw = self._raw(order_id)
                if raw["state"] != "PENDING_REPLACE":
                    return []
                # As it was asked for: another may have been since.
                terms = command_codec.replacement_terms(asked, self.instruments[raw["symbol"]])
                return self._venue.replace(order_id, terms, sent_ns)
            case events.OrderCancelRequested(order_id):
                is_asked = self._raw(order_id)["state"] == "PENDING_CANCEL"
                return self._venue.cancel(order_id, sent_ns) if is_asked else []
            case _:
                return []

    def rebuild_venue(self) -> list[Command]:
        """Send the open orders to a venue that has none; return its reports."""
        for position in self._core.positions():
            self._venue.set_position(position["symbol"], position["quantity"])
        last = {fill.order_id: fill.execution_id for fill in self._fills.values()}
        reports: list[Command] = []
        for raw in self._core.open_orders():
            if raw["state"] in {"HELD", "PENDING_APPROVAL"}:
                continue
            execution_id = last.get(raw["order_id"])
            reports += self._send(raw, self.clock_ns, execution_id)
            if raw["replacement"] is not None:
                reports += self._venue.replace(raw["order_id"], raw["replacement"], self.clock_ns)
            if raw["status"] == "PENDING_CANCEL":
                reports += self._venue.cancel(raw["order_id"], self.clock_ns)
        return reports

    def _send(
        self, raw: "_core.OrderDict", time_ns: int, last_execution_id: str | None = None
    ) -> list[Command]:
        reports = self._venue.send(raw, time_ns, last_execution_id=last_execution_id)
        if raw["venue_order_id"] is None:
            return list(reports)
        # That it was accepted is known: told before a restart, or taken over with the order.
        return [report for report in reports if report["kind"] != "ACCEPTED"]

    def _note(self, raw: core_codec.Raw) -> AccountEvent:
        event = super()._note(raw)
        match event.body:
            case events.InstrumentRegistered(instrument):
                self._venue.set_instrument(instrument.core)
            case events.CoreEvent({"type": "InstrumentChanged", "symbol": symbol}):
                self._relist(symbol, raw["change"]["is_halted"])
            case events.PositionAdjusted():
                self._venue.set_position(raw["symbol"], raw["quantity"])
            case _:
                pass
        return event

    def _relist(self, symbol: str, is_halted: bool | None) -> None:  # noqa: FBT001  # As it is told.
        terms = next(each for each in self._core.instruments() if each["symbol"] == symbol)
        self._venue.set_instrument(_core.Instrument(**terms))
        if is_halted is not None:
            self._venue.set_halted(symbol, is_halted=is_halted)
