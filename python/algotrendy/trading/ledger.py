"""One account's book, synchronous: decide, journal, fold; and what can be read of it.

Time in a paper account is market time: the last moment its bars and prices have told. Orders are
decided at it, so that "decided at or before the bar opened" and the age of a reference price mean
the same in a replay as live. It stands at 0, the Unix epoch, until the first bar.
"""

from collections.abc import Sequence
from decimal import Decimal

import structlog

from algotrendy import _core
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import OrderId, new_id
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.limits import Limits
from algotrendy.domain.money import currency_scale, from_units, round_half_even
from algotrendy.errors import (
    AlgoTrendyError,
    CoreHaltedError,
    FailedPreconditionError,
    InstrumentNotFoundError,
    InvalidArgumentError,
    OrderNotFoundError,
    ReferencePriceMissingError,
    StorageError,
    StorageFullError,
)
from algotrendy.trading import core_codec, events
from algotrendy.trading.core_codec import Command
from algotrendy.trading.events import AccountEvent
from algotrendy.trading.model import (
    Account,
    AccountTerms,
    CheckFailure,
    CheckResult,
    MarketBar,
    NewOrder,
    Order,
    Page,
    Position,
    exact_notional,
)
from algotrendy.trading.ports import Journal, Venue
from algotrendy.trading.translator import Translator

log = structlog.get_logger(__name__)

VENUE_RULE = "venue"


class Ledger:
    """The core of one account with its journal and venue.

    What `execute` decides is appended to the journal and folded, not yet synced: `Book` does that,
    and lets nothing out before.
    """

    def __init__(self, terms: AccountTerms, journal: Journal, venue: Venue) -> None:
        self.terms = terms
        self.clock_ns = 0
        # Decided since the last `take_events`, to be let out after the next sync.
        self._events: list[AccountEvent] = []
        self._core = _core.TradingCore(terms.account_id)
        self._journal = journal
        self._venue = venue
        self._translator = Translator(terms)
        self._orders: list[OrderId] = []
        self._fills: list[Fill] = []
        self._refusals: dict[OrderId, CheckFailure] = {}
        # Bars that opened earlier were traded before; a replay may send them again.
        self._next_open_ns: dict[str, int] = {}

    @property
    def instruments(self) -> dict[str, Instrument]:
        """The instruments the account knows, by symbol."""
        return self._translator.instruments

    @property
    def event_sequence(self) -> int:
        """The core's last event; 0 before the first."""
        return self._core.event_sequence

    # --- Changes --------------------------------------------------------------------------------

    def recover(self, records: Sequence[bytes]) -> list[AccountEvent]:
        """Fold journalled records, give the venue its open orders back, return all events."""
        found = [self._note(raw) for record in records for raw in self._core.fold_record(record)]
        self.clock_ns = self._core.time_ns or 0
        self._next_open_ns = dict.fromkeys(self.instruments, self.clock_ns)
        return found

    def execute(self, command: Command) -> list[AccountEvent]:
        """Decide a command at the clock's time, journal it and fold it."""
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
        self.execute(core_codec.register_command(instrument))

    def apply_limits(self, limits: Limits) -> None:
        """Put limits in force."""
        self.execute({"type": "SetLimits", "limits": limits.to_core()})

    def submit(self, new_order: NewOrder) -> tuple[Order, CheckFailure | None]:
        """Submit an order; return the first of its `client_order_id`, and why it was refused."""
        command = core_codec.submit_command(
            new_order, self._instrument(new_order.symbol), OrderId(new_id())
        )
        self.execute(command)
        raw = self._core.order_by_client_id(new_order.client_order_id)
        assert raw is not None  # noqa: S101  # It was decided on, now or before.
        order = self._decode(raw)
        return order, self._refusals.get(order.order_id)

    def cancel(self, order_id: OrderId) -> None:
        """Ask for a cancel; again, of an order that is cancelled, changes nothing."""
        self.execute({"type": "Cancel", "order_id": order_id})

    def trade_bar(self, bar: MarketBar) -> None:
        """Let the venue trade a bar of an instrument the account knows."""
        instrument = self._instrument(bar.symbol)
        if bar.open_time_ns < self._next_open_ns.get(bar.symbol, 0):
            log.info("bar_ignored", account_id=self.terms.account_id, symbol=bar.symbol)
            return
        # Before anything changes: a bar that cannot be read leaves no trace, and can be sent again.
        raw_bar = core_codec.venue_bar(bar, instrument)
        self.clock_ns = max(self.clock_ns, bar.open_time_ns)
        for event in self.execute({"type": "Advance"}):
            if isinstance(event.body, events.OrderExpired):
                # What it reports is known; told later, the bar would still fill the order.
                self._venue.cancel(event.body.order_id)
        reports = self._venue.on_bar(instrument.core, raw_bar)
        self._next_open_ns[bar.symbol] = bar.open_time_ns + 1
        for report in reports:
            self.execute_report(report)

    def mark(self, symbol: str, price: Decimal, price_time_ns: int, source: str) -> None:
        """Take a reference price; one older than the account's time changes nothing."""
        instrument = self._instrument(symbol)
        if price_time_ns < self.clock_ns:
            return
        units = instrument.price_units(round_half_even(price, instrument.price_scale))
        self.clock_ns = price_time_ns
        command: Command = {"type": "Mark", "symbol": symbol, "price": units, "source": source}
        self._core.execute(command, self.clock_ns)

    def tell_venue(self, event: AccountEvent) -> list[Command]:
        """Tell the venue what a synced event means for it; return its reports."""
        match event.body:
            case events.OrderCreated(order):
                raw = self._core.order(order.order_id)
                return self._venue.send(raw) if raw else []
            case events.OrderCancelRequested(order_id):
                return self._venue.cancel(order_id)
            case _:
                return []

    def rebuild_venue(self) -> list[Command]:
        """Send the open orders to a venue that has none; return its reports."""
        reports: list[Command] = []
        for raw in self._core.open_orders():
            reports += self._venue.send(raw)
            if raw["status"] == "PENDING_CANCEL":
                reports += self._venue.cancel(raw["order_id"])
        return reports

    # --- Views ----------------------------------------------------------------------------------

    def account(self) -> Account:
        """Return the account as it is now."""
        limits = self._core.limits()
        return Account(
            terms=self.terms,
            cash=from_units(self._core.cash().get(self.terms.currency, 0), self._cash_scale),
            equity=self._equity(),
            positions=tuple(self._open_positions()),
            open_order_count=len(self._core.open_orders()),
            limits_version=limits["version"] if limits else 0,
        )

    def check(self, new_order: NewOrder) -> CheckResult:
        """Return every check that an order would fail now."""
        instrument = self._instrument(new_order.symbol)
        command = core_codec.submit_command(new_order, instrument, OrderId(new_id()))
        failures = self._core.check(command, self.clock_ns)
        reference = self._reference_price(instrument)
        price = new_order.limit_price if new_order.limit_price is not None else reference
        return CheckResult(
            failures=tuple(
                CheckFailure(raw["reason"], raw["rule"], raw["limit"], raw["observed"])
                for raw in failures
            ),
            reference_price=reference,
            notional=None
            if price is None
            else exact_notional(price, new_order.quantity, instrument.multiplier),
        )

    def knows(self, order_id: OrderId) -> bool:
        """Whether the order is this account's."""
        return self._core.order(order_id) is not None

    def order(self, order_id: OrderId) -> Order:
        """Return one order."""
        raw = self._core.order(order_id)
        if raw is None:
            raise OrderNotFoundError(f"order {order_id!r} does not exist.", order_id=order_id)
        return self._decode(raw)

    def orders(self, start: int, count: int, *, open_only: bool) -> Page[Order]:
        """Return up to `count` orders after the first `start`, oldest first."""
        wanted = {raw["order_id"] for raw in self._core.open_orders()} if open_only else None
        found: list[Order] = []
        for index in range(start, len(self._orders)):
            if len(found) == count:
                return Page(found, next_start=index)
            if wanted is None or self._orders[index] in wanted:
                found.append(self.order(self._orders[index]))
        return Page(found)

    def fills(self, start: int, count: int) -> Page[Fill]:
        """Return up to `count` fills after the first `start`, oldest first."""
        end = start + count
        return Page(self._fills[start:end], next_start=end if end < len(self._fills) else None)

    # --- Helpers --------------------------------------------------------------------------------

    @property
    def _cash_scale(self) -> int:
        return currency_scale(self.terms.currency)

    def _note(self, raw: core_codec.Raw) -> AccountEvent:
        event = self._translator.translate(raw)
        match event.body:
            case events.OrderCreated(order):
                self._orders.append(order.order_id)
            case events.OrderRejected(order, failure) if failure.rule != VENUE_RULE:
                # The answer to its submission; that of an order the venue refuses was the order.
                self._orders.append(order.order_id)
                self._refusals[order.order_id] = failure
            case events.OrderFilled(fill):
                self._fills.append(fill)
            case _:
                pass
        return event

    def _instrument(self, symbol: str) -> Instrument:
        instrument = self.instruments.get(symbol)
        if instrument is None:
            raise InstrumentNotFoundError(
                f"instrument {symbol!r} is not registered with the account.",
                field="symbol",
                symbol=symbol,
            )
        return instrument

    def _decode(self, raw: core_codec.Raw) -> Order:
        return core_codec.decode_order(raw, self.terms.account_id, self.instruments[raw["symbol"]])

    def _reference_price(self, instrument: Instrument) -> Decimal | None:
        reference = self._core.reference_price(instrument.symbol)
        return None if reference is None else instrument.price(reference["price"])

    def _equity(self) -> Decimal | None:
        try:
            return from_units(self._core.equity()["equity"], self._cash_scale)
        except (ReferencePriceMissingError, FailedPreconditionError):
            return None

    def _open_positions(self) -> list[Position]:
        return [
            core_codec.decode_position(
                raw,
                raw["realized_pnl"],
                self.terms.account_id,
                self.instruments[raw["symbol"]],
                self._reference_price(self.instruments[raw["symbol"]]),
            )
            for raw in self._core.positions()
            if raw["quantity"]
        ]
