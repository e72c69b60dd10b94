"""How an account's venue trades it, bar by bar."""

from collections.abc import Sequence
from decimal import Decimal

import structlog

from algotrendy import _core
from algotrendy.domain.money import round_half_even
from algotrendy.trading import core_codec, events
from algotrendy.trading.core_codec import Command
from algotrendy.trading.events import AccountEvent
from algotrendy.trading.journalled import Journalled
from algotrendy.trading.model import (
    AccountTerms,
    BarPhase,
    MarketBar,
)
from algotrendy.trading.ports import Journal, Venue

log = structlog.get_logger(__name__)


class Traded(Journalled):
    """An account's time and prices, and what its venue is told and reports."""

    def __init__(self, terms: AccountTerms, journal: Journal, venue: Venue) -> None:
        super().__init__(terms, journal)
        self._venue = venue
        # Open time of the bar whose rest is walked: what follows from it is sent as of then, so
        # that it meets what is left of the bar.
        self._walk_ns: int | None = None
        # Bars that opened earlier were traded before; a replay may send them again.
        self._next_open_ns: dict[str, int] = {}

    def recover(self, records: Sequence[bytes]) -> list[AccountEvent]:
        """Fold journalled records, give the venue its open orders back, return all events."""
        found = super().recover(records)
        self._next_open_ns = dict.fromkeys(self.instruments, self.clock_ns)
        return found

    def begin_bar(self, bar: MarketBar, phase: BarPhase) -> bool:
        """Let the venue begin to trade a bar of an instrument the account knows, or go on with it.

        Return whether there is anything to trade, for `step_bar`. An open that is past is not.
        """
        instrument = self._instrument(bar.symbol)
        if phase is BarPhase.CLOSE:
            # What is due at the close comes after the bar.
            self.pass_time(bar.close_time_ns - 1)
            has_rest = self._venue.resume_bar(bar.symbol)
            self._walk_ns = bar.open_time_ns if has_rest else None
            return has_rest
        if bar.open_time_ns < self._next_open_ns.get(bar.symbol, 0):
            log.info("bar_ignored", account_id=self.terms.account_id, symbol=bar.symbol)
            return False
        # Before anything changes: a bar that cannot be read leaves no trace, and can be sent again.
        raw_bar = core_codec.venue_bar(bar, instrument)
        self.pass_time(bar.open_time_ns)
        reports = self._venue.begin_bar(instrument.symbol, raw_bar)
        self._next_open_ns[bar.symbol] = bar.open_time_ns + 1
        for report in reports:
            self.execute_report(report)
        return True

    def step_bar(self, bar: MarketBar, phase: BarPhase) -> bool:
        """Let the next thing happen that the venue has of a bar; return whether anything did.

        What comes of it, the venue is told before the step after it.
        """
        if phase is BarPhase.OPEN:
            raw_bar = core_codec.venue_bar(bar, self._instrument(bar.symbol))
            reports = self._venue.next_at_open(raw_bar)
        else:
            reports = self._venue.next()
        for report in reports or ():
            self.execute_report(report)
        if reports is None:
            self._walk_ns = None
        return reports is not None

    def pass_time(self, time_ns: int) -> None:
        """Let the market's time go on to a time, and what is due by then happen."""
        self.clock_ns = max(self.clock_ns, time_ns)
        for event in self.advance():
            if isinstance(event.body, events.OrderExpired):
                # What it reports is known; told later, the bar would still fill the order.
                self._venue.cancel(event.body.order_id, self.clock_ns)

    def mark(self, symbol: str, price: Decimal, price_time_ns: int, source: str) -> None:
        """Take a reference price; one older than the account's time changes nothing."""
        instrument = self._instrument(symbol)
        if price_time_ns < self.clock_ns:
            return
        units = instrument.price_units(round_half_even(price, instrument.price_scale))
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
        match event.body:
            case events.OrderCreated(order) if order.held or order.awaiting_approval:
                return []
            case events.OrderCreated(order):
                return self._send(self._raw(order.order_id), sent_ns)
            # A simulated venue has what the account says it has: also what it took over.
            case (
                events.OrderReleased(order_id)
                | events.OrderApproved(order_id)
                | events.CoreEvent({"type": "OrderAdopted", "order": {"order_id": order_id}})
            ):
                return self._send(self._raw(order_id), sent_ns)
            case events.OrderReplaceRequested(order_id):
                return self._tell_replacement(self._raw(order_id), sent_ns)
            case events.OrderCancelRequested(order_id):
                return self._venue.cancel(order_id, sent_ns)
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
            reports += self._tell_replacement(raw, self.clock_ns)
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

    def _tell_replacement(self, raw: "_core.OrderDict", time_ns: int) -> list[Command]:
        # One that was cancelled since asks for nothing any more.
        if raw["replacement"] is None:
            return []
        return self._venue.replace(raw["order_id"], raw["replacement"], time_ns)

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
