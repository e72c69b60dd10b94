"""One account's book, synchronous: decide, journal, fold; and what can be read of it.

Time in a paper account is market time: the last moment its bars and prices have told. Orders are
decided at it, so that "decided at or before the bar opened" and the age of a reference price mean
the same in a replay as live. It stands at 0, the Unix epoch, until the first bar.

What falls due as time passes is decided before any command at a later time, but for reference
prices: so a day is settled at the prices of its end.
"""

from collections.abc import Sequence
from decimal import Decimal

import structlog

from algotrendy import _core
from algotrendy.domain.ids import OrderId, StrategyId, new_id
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.limits import Limits, TradingState
from algotrendy.domain.money import round_half_even
from algotrendy.errors import (
    AlgoTrendyError,
    AlreadyExistsError,
    ClientOrderIdReusedError,
    CoreHaltedError,
    InvalidArgumentError,
    StorageError,
    StorageFullError,
)
from algotrendy.trading import command_codec, core_codec, events
from algotrendy.trading.controls import (
    Consent,
    KillOrder,
    OverrideGrant,
    RearmStep,
)
from algotrendy.trading.core_codec import Command
from algotrendy.trading.events import AccountEvent
from algotrendy.trading.model import (
    AccountTerms,
    BarPhase,
    CheckFailure,
    InstrumentTermsChange,
    MarketBar,
    Order,
    Session,
)
from algotrendy.trading.ports import Journal, Venue
from algotrendy.trading.terms import (
    Adoption,
    CloseTerms,
    CovarianceTerms,
    NewOrder,
    NewOrderList,
    PositionAdjustment,
    ReplaceTerms,
)
from algotrendy.trading.views import Views

log = structlog.get_logger(__name__)


class Ledger(Views):
    """The core of one account with its journal and venue.

    What `execute` decides is appended to the journal and folded, not yet synced: `Book` does that,
    and lets nothing out before.
    """

    def __init__(self, terms: AccountTerms, journal: Journal, venue: Venue) -> None:
        super().__init__(terms)
        # Decided since the last `take_events`, to be let out after the next sync.
        self._events: list[AccountEvent] = []
        self._journal = journal
        self._venue = venue
        # Up to when time has passed in the core.
        self._advanced_ns = 0
        # Open time of the bar whose rest is walked: what follows from it is sent as of then, so
        # that it meets what is left of the bar.
        self._walk_ns: int | None = None
        # Bars that opened earlier were traded before; a replay may send them again.
        self._next_open_ns: dict[str, int] = {}

    # --- Changes --------------------------------------------------------------------------------

    def recover(self, records: Sequence[bytes]) -> list[AccountEvent]:
        """Fold journalled records, give the venue its open orders back, return all events."""
        found = [self._note(raw) for record in records for raw in self._core.fold_record(record)]
        self.clock_ns = self._advanced_ns = self._core.time_ns or 0
        self._next_open_ns = dict.fromkeys(self.instruments, self.clock_ns)
        return found

    def execute(self, command: Command) -> list[AccountEvent]:
        """Let time pass to the clock's, then decide a command, journal it and fold it."""
        return [*self.advance(), *self._decide(command)]

    def advance(self) -> list[AccountEvent]:
        """Let time pass to the clock's: what is due takes effect."""
        if self.clock_ns <= self._advanced_ns:
            return []
        self._advanced_ns = self.clock_ns
        return self._decide({"type": "Advance"})

    def _decide(self, command: Command) -> list[AccountEvent]:
        decision = self._core.decide(command, self.clock_ns)
        if not decision.events:
            return []
        self._journal.append(decision.record)
        try:
            self._core.apply(decision)
        except AlgoTrendyError as error:
            # The journal is ahead of the core now; only folding it again mends that.
            raise CoreHaltedError(
                f"the core did not take what was journalled: {error}",
                account_id=self.terms.account_id,
            ) from error
        decided = [self._note(raw) for raw in decision.events]
        self._events.extend(decided)
        return decided

    def execute_report(self, report: Command) -> None:
        """Execute what the venue reports; halt where it contradicts the core."""
        try:
            self.execute(report)
        except (StorageError, StorageFullError, CoreHaltedError):
            raise
        except AlgoTrendyError as error:
            # The venue has moved on, so the two would differ from here.
            raise CoreHaltedError(
                f"an execution report was refused: {error}",
                account_id=self.terms.account_id,
                order_id=report["order_id"],
                cause=error.reason,
            ) from error

    def take_events(self) -> list[AccountEvent]:
        """Return what was decided since the last call."""
        taken, self._events = self._events, []
        return taken

    def deposit(self, units: int) -> None:
        """Add cash, in minor units of the account's currency."""
        self.execute({"type": "Deposit", "currency": self.terms.currency, "amount": units})

    def register(self, instrument: Instrument) -> None:
        """Make an instrument known."""
        if instrument.currency != self.terms.currency:
            raise InvalidArgumentError(
                f"{instrument.symbol} is quoted in {instrument.currency}; "
                f"the account holds {self.terms.currency} only.",
                field="instruments",
                symbol=instrument.symbol,
                currency=instrument.currency,
            )
        known = self.instruments.get(instrument.symbol, instrument)
        if known != instrument:
            raise AlreadyExistsError(
                f"{instrument.symbol} is registered with other terms; only a change alters them.",
                field="instruments",
                symbol=instrument.symbol,
            )
        self.execute(command_codec.register_command(instrument))

    def apply_limits(self, limits: Limits) -> None:
        """Put limits in force."""
        self.execute({"type": "SetLimits", "limits": limits.to_core()})

    def change_instrument(
        self, symbol: str, change: InstrumentTermsChange, effective_time_ns: int | None
    ) -> None:
        """Change an instrument, now or later."""
        instrument = self._instrument(symbol)
        self.execute(command_codec.change_command(instrument, change, effective_time_ns))

    def set_calendar(self, calendar_id: str, sessions: Sequence[Session]) -> None:
        """Make a table of sessions known."""
        told = [vars(session) for session in sessions]
        self.execute({"type": "SetCalendar", "calendar_id": calendar_id, "sessions": told})

    def submit(self, new_order: NewOrder) -> tuple[Order, CheckFailure | None]:
        """Submit an order; return the first of its `client_order_id`, and why it was refused."""
        command = command_codec.submit_command(
            new_order, self._instrument(new_order.symbol), OrderId(new_id())
        )
        self.execute(command)
        return self._submitted(new_order.client_order_id)

    def submit_list(self, orders: NewOrderList) -> list[tuple[Order, CheckFailure | None]]:
        """Submit orders together; return them, each with why it was refused."""
        for order in orders.orders:
            self._instrument(order.symbol)
        command = command_codec.list_command(orders, self.instruments, lambda: OrderId(new_id()))
        self.execute(command)
        return [self._submitted(order.client_order_id) for order in orders.orders]

    def replace(self, terms: ReplaceTerms) -> tuple[Order, CheckFailure | None]:
        """Ask for a change of an order; return it, and why a check refused the change."""
        order = self.order(terms.order_id)
        command = command_codec.replace_command(terms, self.instruments[order.symbol])
        failures = [
            event.body.failure
            for event in self.execute(command)
            if isinstance(event.body, events.OrderReplaceRefused)
        ]
        return self.order(terms.order_id), failures[0] if failures else None

    def cancel_all(self, symbol: str | None, strategy_id: StrategyId | None) -> list[OrderId]:
        """Ask for cancels of open orders; return those that were asked for, or made at once."""
        command: Command = {"type": "CancelAll", "symbol": symbol, "strategy_id": strategy_id}
        ended = (events.OrderCancelRequested, events.OrderCanceled)
        return [e.body.order_id for e in self.execute(command) if isinstance(e.body, ended)]

    def close_position(self, terms: CloseTerms) -> tuple[Order, CheckFailure | None] | None:
        """Close a position; return the order that does, if one is needed."""
        self._instrument(terms.symbol)
        known = self._core.order_by_client_id(terms.client_order_id)
        if known is None:
            self.execute(command_codec.close_command(terms, OrderId(new_id())))
        elif not known["reduce_only"] or known["symbol"] != terms.symbol:
            raise ClientOrderIdReusedError(
                f"client_order_id {terms.client_order_id!r} was used for order "
                f"{known['order_id']} with other terms.",
                client_order_id=terms.client_order_id,
                order_id=known["order_id"],
            )
        if self._core.order_by_client_id(terms.client_order_id) is None:
            return None
        return self._submitted(terms.client_order_id)

    def consent(self, consent: Consent) -> tuple[Order, CheckFailure | None]:
        """Grant or refuse what an order waits for; return it, and what it was rejected for."""
        decided = self.execute(command_codec.consent_command(consent))
        failures = [e.body.failure for e in decided if isinstance(e.body, events.OrderRejected)]
        return self.order(consent.order_id), failures[-1] if failures else None

    def grant_override(self, grant: OverrideGrant) -> None:
        """Let a rule refuse nothing until a time."""
        self.execute(command_codec.override_command(grant))

    def kill(self, order: KillOrder) -> None:
        """Pull a kill switch."""
        self.execute(command_codec.kill_command(order))

    def rearm(self, step: RearmStep) -> None:
        """Take a step of re-arming."""
        self.execute(command_codec.rearm_command(step))

    def set_trading_state(self, state: TradingState, person: str) -> None:
        """Change what the account may do."""
        command = {"type": "SetTradingState", "trading_state": state.value, "person": person}
        self.execute(command)

    def set_connection(self, *, connected: bool) -> None:
        """Tell that the connection to the venue was lost or is back."""
        self.execute({"type": "SetConnection", "connected": connected})

    def set_covariance(self, terms: CovarianceTerms) -> None:
        """Replace the covariance that value at risk is reckoned from."""
        self.execute(command_codec.covariance_command(terms))

    def adopt(self, adoption: Adoption) -> Order:
        """Take over an order of the venue's; return it, or the first of its `client_order_id`."""
        order = adoption.order
        instrument = self._instrument(order.symbol)
        self.execute(command_codec.adopt_command(adoption, instrument, OrderId(new_id())))
        return self._submitted(order.client_order_id)[0]

    def adjust_position(self, adjustment: PositionAdjustment) -> None:
        """Make a position what the venue or the custodian says it is."""
        instrument = self._instrument(adjustment.symbol)
        self.execute(command_codec.adjust_command(adjustment, instrument))

    def cancel(self, order_id: OrderId) -> None:
        """Ask for a cancel; again, of an order that is cancelled, changes nothing."""
        self.execute({"type": "Cancel", "order_id": order_id})

    def begin_bar(self, bar: MarketBar, phase: BarPhase) -> bool:
        """Let the venue begin to trade a bar of an instrument the account knows, or go on with it.

        Return whether there is anything to trade, for `step_bar`. An open that is past is not.
        """
        instrument = self._instrument(bar.symbol)
        if phase is BarPhase.CLOSE:
            # What is due at the close comes after the bar.
            self._pass_time(bar.close_time_ns - 1)
            has_rest = self._venue.resume_bar(bar.symbol)
            self._walk_ns = bar.open_time_ns if has_rest else None
            return has_rest
        if bar.open_time_ns < self._next_open_ns.get(bar.symbol, 0):
            log.info("bar_ignored", account_id=self.terms.account_id, symbol=bar.symbol)
            return False
        # Before anything changes: a bar that cannot be read leaves no trace, and can be sent again.
        raw_bar = core_codec.venue_bar(bar, instrument)
        self._pass_time(bar.open_time_ns)
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

    def _pass_time(self, time_ns: int) -> None:
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
