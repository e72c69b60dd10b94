"""The core's events as the events other areas are told: the same journal gives the same events."""

from collections.abc import Callable
from decimal import Decimal

from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import OrderId
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.limits import Limits
from algotrendy.domain.money import currency_scale, from_units
from algotrendy.trading import events
from algotrendy.trading.core_codec import (
    Raw,
    decode_instrument,
    decode_order,
    decode_position,
)
from algotrendy.trading.model import AccountTerms, CheckFailure, OrderStatus, Position


class Translator:
    """Translates one account's events in their order.

    It keeps what an event of the core leaves out: instruments, cash and the last fill's price.
    """

    def __init__(self, terms: AccountTerms) -> None:
        self.instruments: dict[str, Instrument] = {}
        self._account_id = terms.account_id
        self._cash_scale = currency_scale(terms.currency)
        self._cash_units = 0
        self._fill_prices: dict[str, Decimal] = {}
        self._translations: dict[str, Callable[[Raw], events.EventBody]] = {
            "CashDeposited": self._cash_deposited,
            "CashWithdrawn": self._cash_withdrawn,
            "InstrumentRegistered": self._instrument_registered,
            "LimitsSet": self._limits_set,
            "OrderCreated": self._order_created,
            "OrderRejected": self._order_rejected,
            "OrderAccepted": self._order_accepted,
            "OrderFilled": self._order_filled,
            "CancelRequested": self._cancel_requested,
            "OrderCanceled": self._order_canceled,
            "OrderExpired": self._order_expired,
            "PositionOpened": self._position_opened,
            "PositionChanged": self._position_changed,
            "PositionClosed": self._position_closed,
        }

    def translate(self, raw: Raw) -> events.AccountEvent:
        """Return the event that stands for the core's."""
        body = self._translations[raw["type"]](raw)
        return events.AccountEvent(self._account_id, raw["sequence"], raw["time_ns"], body)

    def _cash_deposited(self, raw: Raw) -> events.CashMoved:
        return self._cash_moved(raw, raw["amount"])

    def _cash_withdrawn(self, raw: Raw) -> events.CashMoved:
        return self._cash_moved(raw, -raw["amount"])

    def _cash_moved(self, raw: Raw, amount: int) -> events.CashMoved:
        self._cash_units = raw["balance"]
        return events.CashMoved(
            currency=raw["currency"],
            amount=from_units(amount, self._cash_scale),
            balance=from_units(raw["balance"], self._cash_scale),
        )

    def _instrument_registered(self, raw: Raw) -> events.InstrumentRegistered:
        instrument = decode_instrument(raw["instrument"])
        self.instruments[instrument.symbol] = instrument
        return events.InstrumentRegistered(instrument)

    def _limits_set(self, raw: Raw) -> events.LimitsApplied:
        return events.LimitsApplied(Limits.from_core(raw["limits"]))

    def _order_created(self, raw: Raw) -> events.OrderCreated:
        order = raw["order"]
        return events.OrderCreated(
            decode_order(order, self._account_id, self.instruments[order["symbol"]])
        )

    def _order_rejected(self, raw: Raw) -> events.OrderRejected:
        order = raw["order"]
        return events.OrderRejected(
            order=decode_order(order, self._account_id, self.instruments[order["symbol"]]),
            failure=CheckFailure(raw["reason"], raw["rule"], raw["limit"], raw["observed"]),
        )

    def _order_accepted(self, raw: Raw) -> events.OrderAccepted:
        return events.OrderAccepted(OrderId(raw["order_id"]), raw["venue_order_id"] or "")

    def _order_filled(self, raw: Raw) -> events.OrderFilled:
        instrument = self.instruments[raw["symbol"]]
        fill = Fill.from_core(raw, instrument)
        self._fill_prices[fill.symbol] = fill.price
        # An account holds one currency, so its fee is in it.
        self._cash_units += raw["cash_change"] - raw["fee"]
        return events.OrderFilled(
            fill=fill,
            status=OrderStatus(raw["status"]),
            filled_quantity=instrument.quantity(raw["filled_quantity"]),
            leaves_quantity=instrument.quantity(raw["leaves_quantity"]),
            cash=from_units(self._cash_units, self._cash_scale),
        )

    def _cancel_requested(self, raw: Raw) -> events.OrderCancelRequested:
        return events.OrderCancelRequested(OrderId(raw["order_id"]))

    def _order_canceled(self, raw: Raw) -> events.OrderCanceled:
        return events.OrderCanceled(OrderId(raw["order_id"]))

    def _order_expired(self, raw: Raw) -> events.OrderExpired:
        return events.OrderExpired(OrderId(raw["order_id"]))

    def _position_opened(self, raw: Raw) -> events.PositionOpened:
        return events.PositionOpened(self._position(raw))

    def _position_changed(self, raw: Raw) -> events.PositionChanged:
        return events.PositionChanged(self._position(raw))

    def _position_closed(self, raw: Raw) -> events.PositionClosed:
        return events.PositionClosed(
            position=self._position(raw),
            realized_pnl=from_units(raw["realized_pnl"], self._cash_scale),
        )

    def _position(self, raw: Raw) -> Position:
        return decode_position(
            raw,
            raw["total_realized_pnl"],
            self._account_id,
            self.instruments[raw["symbol"]],
            self._fill_prices.get(raw["symbol"]),
        )
