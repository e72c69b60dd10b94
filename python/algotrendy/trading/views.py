"""What can be read of one account: what its core holds, and what its events have told."""

from dataclasses import replace
from decimal import Decimal
from itertools import islice

from algotrendy import _core
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import ClientOrderId, OrderId, new_id
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.money import currency_scale, from_units
from algotrendy.errors import (
    FailedPreconditionError,
    InstrumentNotFoundError,
    OrderNotFoundError,
)
from algotrendy.trading import command_codec, core_codec, events
from algotrendy.trading.controls import Controls, PendingApproval
from algotrendy.trading.events import AccountEvent
from algotrendy.trading.model import (
    Account,
    AccountTerms,
    CheckFailure,
    CheckResult,
    Order,
    Page,
    Position,
    exact_notional,
)
from algotrendy.trading.terms import NewOrder
from algotrendy.trading.translator import Translator


class Views:
    """An account as it is now; `note` keeps what the core's events tell and its state does not."""

    def __init__(self, terms: AccountTerms) -> None:
        self.terms = terms
        self.clock_ns = 0
        self.controls = Controls()
        # Every order is told, so none is forgotten.
        self._core = _core.TradingCore(terms.account_id, terms.currency, retained_orders=None)
        self._translator = Translator(terms)
        self._orders: list[OrderId] = []
        self._created: set[OrderId] = set()
        # By execution id; a fill that was busted is none.
        self._fills: dict[str, Fill] = {}
        self._refusals: dict[OrderId, CheckFailure] = {}

    @property
    def instruments(self) -> dict[str, Instrument]:
        """The instruments the account knows, by symbol."""
        return self._translator.instruments

    @property
    def event_sequence(self) -> int:
        """The core's last event; 0 before the first."""
        return self._core.event_sequence

    def account(self) -> Account:
        """Return the account as it is now."""
        limits = self._core.limits()
        return Account(
            terms=self.terms,
            cash=from_units(self._core.cash().get(self.terms.currency, 0), self._cash_scale),
            equity=self._amount(self._equity()),
            positions=tuple(self._open_positions()),
            open_order_count=len(self._core.open_orders()),
            limits_version=limits["version"] if limits else 0,
            trading_state=self.controls.trading_state,
            available=self._amount(self._core.available()),
        )

    def check(self, new_order: NewOrder) -> CheckResult:
        """Return what every check says of an order now."""
        instrument = self._instrument(new_order.symbol)
        command = command_codec.submit_command(new_order, instrument, OrderId(new_id()))
        rows = self._core.check(command, self.clock_ns)
        reference = self._reference_price(instrument)
        prices = (new_order.limit_price, new_order.stop_price, reference)
        price = next((price for price in prices if price is not None), None)
        return CheckResult(
            rows=tuple(core_codec.decode_check(raw) for raw in rows),
            reference_price=reference,
            notional=None
            if price is None
            else exact_notional(price, new_order.quantity, instrument.multiplier),
        )

    def approvals(self) -> list[tuple[Order, PendingApproval]]:
        """Return the orders that wait for a person, oldest first."""
        waiting = self.controls.pending.values()
        return [(self.order(pending.order_id), pending) for pending in waiting]

    def knows(self, order_id: OrderId) -> bool:
        """Whether the order is this account's."""
        return self._core.order(order_id) is not None

    def order(self, order_id: OrderId) -> Order:
        """Return one order."""
        return self._decode(self._raw(order_id))

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
        fills = list(islice(self._fills.values(), start, end))
        return Page(fills, next_start=end if end < len(self._fills) else None)

    # --- Helpers --------------------------------------------------------------------------------

    @property
    def _cash_scale(self) -> int:
        return currency_scale(self.terms.currency)

    def _note(self, raw: core_codec.Raw) -> AccountEvent:
        event = self._translator.translate(raw)
        self.controls.note(raw)
        match event.body:
            case events.OrderCreated(order):
                self._created.add(order.order_id)
                self._orders.append(order.order_id)
            case events.OrderRejected(order, failure) if order.order_id not in self._created:
                # The answer to its submission; that of an order refused later was the order.
                self._orders.append(order.order_id)
                self._refusals[order.order_id] = failure
            case events.OrderFilled(fill):
                self._fills[fill.execution_id] = fill
            case events.FillBusted(fill):
                self._fills.pop(fill.execution_id, None)
            case events.FeeCharged(fill_execution_id=execution_id, fee=fee):
                fill = self._fills[execution_id]
                self._fills[execution_id] = replace(fill, fee=fill.fee + fee)
            case events.CoreEvent({"type": "OrderAdopted", "order": adopted}):
                self._created.add(adopted["order_id"])
                self._orders.append(adopted["order_id"])
            case _:
                pass
        return event

    def _submitted(self, client_order_id: ClientOrderId) -> tuple[Order, CheckFailure | None]:
        raw = self._core.order_by_client_id(client_order_id)
        assert raw is not None  # noqa: S101  # It was decided on, now or before.
        order = self._decode(raw)
        return order, self._refusals.get(order.order_id)

    def _instrument(self, symbol: str) -> Instrument:
        instrument = self.instruments.get(symbol)
        if instrument is None:
            raise InstrumentNotFoundError(
                f"instrument {symbol!r} is not registered with the account.",
                field="symbol",
                symbol=symbol,
            )
        return instrument

    def _raw(self, order_id: OrderId) -> "_core.OrderDict":
        raw = self._core.order(order_id)
        if raw is None:
            raise OrderNotFoundError(f"order {order_id!r} does not exist.", order_id=order_id)
        return raw

    def _decode(self, raw: core_codec.Raw) -> Order:
        return core_codec.decode_order(raw, self.terms.account_id, self.instruments[raw["symbol"]])

    def _reference_price(self, instrument: Instrument) -> Decimal | None:
        reference = self._core.reference_price(instrument.symbol)
        return None if reference is None else instrument.price(reference["price"])

    def _amount(self, units: int | None) -> Decimal | None:
        return None if units is None else from_units(units, self._cash_scale)

    def _equity(self) -> int | None:
        try:
            return self._core.equity()["equity"]
        except FailedPreconditionError:
            return None  # A price is missing.

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
