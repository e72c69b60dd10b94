"""The core's events as the events other areas are told: the same journal gives the same events."""

from collections.abc import Callable
from decimal import Decimal

from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import OrderId
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.limits import Limits
from algotrendy.domain.money import currency_scale, from_units
from algotrendy.domain.order import Side
from algotrendy.trading import events
from algotrendy.trading.core_codec import Raw, decode_order, decode_position, decode_replacement
from algotrendy.trading.model import AccountTerms, CheckFailure, Order, OrderStatus, Position
from algotrendy.trading.terms import Replacement


class Translator:
    """Translates one account's events in their order.

    It keeps what an event of the core leaves out: instruments, cash and the last fill's price.
    """

    def __init__(self, terms: AccountTerms) -> None:
        self.instruments: dict[str, Instrument] = {}
        self._account_id = terms.account_id
        self._currency = terms.currency
        self._cash_scale = currency_scale(terms.currency)
        self._cash_units = 0
        self._fill_prices: dict[str, Decimal] = {}
        # Events about an order name it alone.
        self._order_instruments: dict[str, Instrument] = {}
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
            "OrderReleased": self._order_released,
            "OrderApproved": self._order_approved,
            "ReplaceRequested": self._replace_requested,
            "ReplaceRefused": self._replace_refused,
            "FillBusted": self._fill_busted,
            "FeeCharged": self._fee_charged,
            "PositionAdjusted": self._position_adjusted,
            "VariationSettled": self._variation_settled,
        }

    @property
    def names(self) -> frozenset[str]:
        """The events of the core that have a meaning in this area; others are passed on."""
        return frozenset(self._translations)

    def translate(self, raw: Raw) -> events.AccountEvent:
        """Return the event that stands for the core's."""
        body = self._translations.get(raw["type"], self._other)(raw)
        return events.AccountEvent(self._account_id, raw["sequence"], raw["time_ns"], body)

    def _cash_deposited(self, raw: Raw) -> events.CashMoved:
        return self._cash_moved(raw, raw["amount"])

    def _cash_withdrawn(self, raw: Raw) -> events.CashMoved:
        return self._cash_moved(raw, -raw["amount"])

    def _cash_moved(self, raw: Raw, amount: int) -> events.CashMoved:
        self._cash_units = raw["balance"]
        return events.CashMoved(
            currency=raw["currency"],
            amount=self._cash(amount),
            balance=self._cash(raw["balance"]),
        )

    def _instrument_registered(self, raw: Raw) -> events.InstrumentRegistered:
        instrument = Instrument.from_core(raw["instrument"])
        self.instruments[instrument.symbol] = instrument
        return events.InstrumentRegistered(instrument)

    def _limits_set(self, raw: Raw) -> events.LimitsApplied:
        return events.LimitsApplied(Limits.from_core(raw["limits"]))

    def _order_created(self, raw: Raw) -> events.OrderCreated:
        return events.OrderCreated(self._order(raw["order"]))

    def _order_rejected(self, raw: Raw) -> events.OrderRejected:
        return events.OrderRejected(
            order=self._order(raw["order"]),
            failure=CheckFailure.from_core(raw),
            text=raw["text"],
        )

    def _order_accepted(self, raw: Raw) -> events.OrderAccepted:
        return events.OrderAccepted(OrderId(raw["order_id"]), raw["venue_order_id"] or "")

    def _order_filled(self, raw: Raw) -> events.OrderFilled:
        instrument = self.instruments[raw["symbol"]]
        fill = Fill.from_core(raw, instrument)
        self._fill_prices[fill.symbol] = fill.price
        # An account holds one currency, so its fee is in it.
        cash = self._cash_after(raw["cash_change"] - raw["fee"])
        return events.OrderFilled(
            fill=fill,
            status=OrderStatus(raw["status"]),
            filled_quantity=instrument.quantity(raw["filled_quantity"]),
            leaves_quantity=instrument.quantity(raw["leaves_quantity"]),
            cash=cash,
            cash_change=self._cash(raw["cash_change"]),
            late=raw["late"],
            corrects_execution_id=raw["corrects"] or "",
        )

    def _fill_busted(self, raw: Raw) -> events.FillBusted:
        instrument = self.instruments[raw["symbol"]]
        fill = Fill(
            symbol=raw["symbol"],
            side=Side(raw["side"]),
            quantity=instrument.quantity(raw["quantity"]),
            price=instrument.price(raw["price"]),
            fee=self._cash(raw["fee"]),
            fill_time_ns=raw["time_ns"],
            execution_id=raw["busted_execution_id"],
            order_id=raw["order_id"],
        )
        self._fill_prices[fill.symbol] = fill.price
        return events.FillBusted(
            fill=fill,
            execution_id=raw["execution_id"],
            status=OrderStatus(raw["status"]),
            filled_quantity=instrument.quantity(raw["filled_quantity"]),
            leaves_quantity=instrument.quantity(raw["leaves_quantity"]),
            cash=self._cash_after(raw["cash_change"] + raw["fee"]),
            cash_change=self._cash(raw["cash_change"]),
        )

    def _fee_charged(self, raw: Raw) -> events.FeeCharged:
        return events.FeeCharged(
            order_id=OrderId(raw["order_id"]),
            execution_id=raw["execution_id"],
            fill_execution_id=raw["reference_execution_id"],
            symbol=self._order_instruments[raw["order_id"]].symbol,
            fee=self._cash(raw["fee"]),
            cash=self._cash_after(-raw["fee"]),
        )

    def _order_released(self, raw: Raw) -> events.OrderReleased:
        quantity = self._order_instruments[raw["order_id"]].quantity(raw["quantity"])
        return events.OrderReleased(OrderId(raw["order_id"]), quantity)

    def _order_approved(self, raw: Raw) -> events.OrderApproved:
        return events.OrderApproved(OrderId(raw["order_id"]), raw["approver"], raw["note"])

    def _replace_requested(self, raw: Raw) -> events.OrderReplaceRequested:
        return events.OrderReplaceRequested(OrderId(raw["order_id"]), self._replacement(raw))

    def _replace_refused(self, raw: Raw) -> events.OrderReplaceRefused:
        return events.OrderReplaceRefused(
            order_id=OrderId(raw["order_id"]),
            symbol=self._order_instruments[raw["order_id"]].symbol,
            replacement=self._replacement(raw),
            failure=CheckFailure.from_core(raw),
        )

    def _replacement(self, raw: Raw) -> Replacement:
        return decode_replacement(raw["replacement"], self._order_instruments[raw["order_id"]])

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
            realized_pnl=self._cash(raw["realized_pnl"]),
        )

    def _position_adjusted(self, raw: Raw) -> events.PositionAdjusted:
        previous = self.instruments[raw["symbol"]].quantity(raw["previous_quantity"])
        return events.PositionAdjusted(
            self._position(raw), previous, person=raw["person"], note=raw["note"]
        )

    def _variation_settled(self, raw: Raw) -> events.VariationSettled:
        price = self.instruments[raw["symbol"]].price(raw["price"])
        self._fill_prices[raw["symbol"]] = price
        return events.VariationSettled(
            position=self._position(raw),
            price=price,
            amount=self._cash(raw["amount"]),
            cash=self._cash_after(raw["amount"]),
        )

    def _other(self, raw: Raw) -> events.CoreEvent:
        if "order" in raw:
            self._order(raw["order"])
        symbol = raw["order"]["symbol"] if "order" in raw else raw.get("symbol")
        instrument = self.instruments.get(symbol)
        return events.CoreEvent(
            raw,
            self._currency,
            instrument or self._order_instruments.get(raw.get("order_id")),
        )

    def _order(self, raw: Raw) -> Order:
        instrument = self.instruments[raw["symbol"]]
        self._order_instruments[raw["order_id"]] = instrument
        return decode_order(raw, self._account_id, instrument)

    def _cash(self, units: int) -> Decimal:
        return from_units(units, self._cash_scale)

    def _cash_after(self, change: int) -> Decimal:
        self._cash_units += change
        return self._cash(self._cash_units)

    def _position(self, raw: Raw) -> Position:
        return decode_position(
            raw,
            raw["total_realized_pnl"],
            self._account_id,
            self.instruments[raw["symbol"]],
            self._fill_prices.get(raw["symbol"]),
        )
