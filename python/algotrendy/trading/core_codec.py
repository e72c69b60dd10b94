"""What the core tells, dicts of integers, as the model's `Decimal`s."""

from decimal import Decimal, localcontext
from typing import Any

from algotrendy import _core
from algotrendy.domain.ids import (
    AccountId,
    ClientOrderId,
    OrderId,
    StrategyId,
)
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.money import currency_scale, from_units, round_half_even
from algotrendy.domain.order import Side
from algotrendy.errors import DataValueError
from algotrendy.trading.model import (
    AVERAGE_PRICE_SCALE,
    EXACT,
    CheckRow,
    InstrumentTermsChange,
    ListPlace,
    MarketBar,
    MarketQuote,
    MarketTicks,
    Order,
    OrderStatus,
    Position,
    Verdict,
    exact_notional,
)
from algotrendy.trading.terms import (
    Contingency,
    OrderType,
    Replacement,
    TimeInForce,
    Trail,
)

# Both are dicts whose entries the core checks; its stub describes them.
Raw = Any
Command = Any

_VERDICTS = {
    "NOT_APPLICABLE": Verdict.NOT_APPLICABLE,
    "NOT_SET": Verdict.NOT_SET,
    "PASS": Verdict.PASSED,
    "SOFT": Verdict.NEEDS_APPROVAL,
    "HARD": Verdict.REFUSED,
}


def decode_change(raw: Raw, instrument: Instrument) -> InstrumentTermsChange:
    """Return what an event says of an instrument's change."""

    def price(units: int | None) -> Decimal | None:
        return None if units is None else instrument.price(units)

    lot_size, volume = raw["lot_size"], raw["average_volume"]
    return InstrumentTermsChange(
        tick_size=price(raw["tick_size"]),
        lot_size=None if lot_size is None else instrument.quantity(lot_size),
        halted=raw["is_halted"],
        lower_band=price(raw["lower_band"]),
        upper_band=price(raw["upper_band"]),
        average_volume=None if volume is None else Decimal(volume),
        expire_time_ns=raw["expire_time_ns"],
    )


def decode_order(raw: Raw, account_id: AccountId, instrument: Instrument) -> Order:
    """Return the core's order."""
    state, place, replacement = raw["state"], raw["list"], raw["replacement"]
    return Order(
        order_id=OrderId(raw["order_id"]),
        client_order_id=ClientOrderId(raw["client_order_id"]),
        account_id=account_id,
        symbol=raw["symbol"],
        side=Side(raw["side"]),
        order_type=OrderType(raw["order_type"]),
        quantity=instrument.quantity(raw["quantity"]),
        limit_price=_price(raw["limit_price"], instrument),
        time_in_force=TimeInForce(raw["time_in_force"]),
        expire_time_ns=raw["expire_time_ns"],
        strategy_id=_strategy_id(raw),
        status=OrderStatus(raw["status"]),
        filled_quantity=instrument.quantity(raw["filled_quantity"]),
        leaves_quantity=instrument.quantity(raw["leaves_quantity"]),
        average_price=_average(
            raw["average_price_numerator"], raw["filled_quantity"], instrument.price_scale
        ),
        reject_reason=raw["reject_reason"],
        create_time_ns=raw["create_time_ns"],
        update_time_ns=raw["update_time_ns"],
        stop_price=_price(raw["stop_price"], instrument),
        trail=None if raw["trail"] is None else _decode_trail(raw["trail"], instrument),
        post_only=raw["post_only"],
        reduce_only=raw["reduce_only"],
        trader_id=raw["trader_id"],
        uncertain=state == "UNKNOWN",
        awaiting_approval=state == "PENDING_APPROVAL",
        held=state == "HELD",
        triggered=raw["is_triggered"],
        place=None
        if place is None
        else ListPlace(place["list_id"], Contingency(place["contingency"]), place["index"]),
        replacement=None if replacement is None else decode_replacement(replacement, instrument),
        venue_order_id=raw["venue_order_id"],
        arrival_price=_price(raw["reference_price"], instrument),
    )


def decode_replacement(raw: Raw, instrument: Instrument) -> Replacement:
    """Return what a replacement asks for."""
    quantity = raw["quantity"]
    return Replacement(
        quantity=None if quantity is None else instrument.quantity(quantity),
        limit_price=_price(raw["limit_price"], instrument),
        stop_price=_price(raw["stop_price"], instrument),
    )


def decode_check(raw: Raw) -> CheckRow:
    """Return what one check says of an order."""
    return CheckRow(
        number=raw["number"],
        rule=raw["rule"],
        reason=raw["reason"],
        verdict=_VERDICTS[raw["verdict"]],
        unit=raw["unit"],
        limit=_decimal(raw["limit"]),
        observed=_decimal(raw["observed"]),
        head_room=_decimal(raw["head_room"]),
    )


def decode_position(
    raw: Raw,
    realized_pnl: int,
    account_id: AccountId,
    instrument: Instrument,
    current_price: Decimal | None,
) -> Position:
    """Return a position from its quantity and cost, valued at `current_price`."""
    quantity, total_cost = raw["quantity"], raw["total_cost"]
    cost = from_units(total_cost, instrument.price_scale + instrument.quantity_scale)
    unrealized_pnl = None
    if current_price is not None:
        value = exact_notional(current_price, instrument.quantity(quantity), instrument.multiplier)
        with localcontext(EXACT):
            unrealized = value - cost
        unrealized_pnl = round_half_even(unrealized, currency_scale(instrument.currency))
    return Position(
        account_id=account_id,
        symbol=raw["symbol"],
        quantity=instrument.quantity(quantity),
        average_price=_average(
            total_cost, quantity * instrument.multiplier, instrument.price_scale
        ),
        realized_pnl=from_units(realized_pnl, currency_scale(instrument.currency)),
        current_price=current_price,
        unrealized_pnl=unrealized_pnl,
        total_cost=cost,
    )


def venue_bar(bar: MarketBar, instrument: Instrument) -> "_core.VenueBar":
    """Return a bar as the simulated venue takes it; part of a unit of volume is left out."""
    return {
        "open_time_ns": bar.open_time_ns,
        "close_time_ns": bar.close_time_ns,
        "open": instrument.price_units(bar.open, field="open"),
        "high": instrument.price_units(bar.high, field="high"),
        "low": instrument.price_units(bar.low, field="low"),
        "close": instrument.price_units(bar.close, field="close"),
        "volume": int(bar.volume.scaleb(instrument.quantity_scale, EXACT)),
    }


def venue_ticks(
    ticks: MarketTicks, instrument: Instrument
) -> "tuple[list[_core.VenueTrade], list[_core.VenueQuote]]":
    """Return trades and quotes as the simulated venue takes them.

    Raises
    ------
    DataValueError
        The venue would refuse one.
    InvalidArgumentError
        A number is finer than the instrument's.
    """
    check = _Check(instrument)
    trades: list[_core.VenueTrade] = [
        {
            "time_ns": ticks.time_ns,
            "price": check.price("price", trade.price),
            "quantity": check.quantity("quantity", trade.quantity),
        }
        for trade in ticks.trades
    ]
    quotes: list[_core.VenueQuote] = [
        {
            "time_ns": ticks.time_ns,
            "bid": check.price("bid", quote.bid),
            "ask": check.ask(quote),
            "bid_size": check.quantity("bid_size", quote.bid_size),
            "ask_size": check.quantity("ask_size", quote.ask_size),
        }
        for quote in ticks.quotes
    ]
    return trades, quotes


class _Check:
    """Refuses what a venue would refuse of an instrument's tick."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument

    def price(self, field: str, price: Decimal) -> int:
        is_right = price > 0 or self._instrument.allow_negative_prices
        self._that(field, price, "positive", is_right=is_right)
        return self._instrument.price_units(price, field=field)

    def ask(self, quote: MarketQuote) -> int:
        is_right = quote.ask >= quote.bid
        self._that("ask", quote.ask, "at or above the bid", is_right=is_right)
        return self.price("ask", quote.ask)

    def quantity(self, field: str, quantity: Decimal) -> int:
        self._that(field, quantity, "zero or above", is_right=quantity >= 0)
        return self._instrument.quantity_units(quantity, field=field)

    def _that(self, field: str, value: Decimal, expected: str, *, is_right: bool) -> None:
        if not is_right:
            symbol = self._instrument.symbol
            raise DataValueError(
                f"{field} of a tick of {symbol} is {value}; expected {expected}.",
                symbol=symbol,
                field=field,
                value=str(value),
                expected=expected,
            )


def _strategy_id(raw: Raw) -> StrategyId | None:
    return None if raw["strategy_id"] is None else StrategyId(raw["strategy_id"])


def _average(numerator: int, quantity: int, price_scale: int) -> Decimal | None:
    if quantity == 0:
        return None
    # Both have the quantity's scale; the price's is scaled up first, so that it rounds once.
    shift = 10 ** max(0, AVERAGE_PRICE_SCALE - price_scale)
    scale = max(AVERAGE_PRICE_SCALE, price_scale)
    quotient, remainder = divmod(abs(numerator) * shift, abs(quantity))
    doubled = 2 * remainder
    if doubled > abs(quantity) or (doubled == abs(quantity) and quotient % 2):
        quotient += 1
    sign = -1 if (numerator < 0) != (quantity < 0) else 1
    return from_units(sign * quotient, scale)


def _decode_trail(raw: dict[str, int], instrument: Instrument) -> Trail:
    if "bps" in raw:
        return Trail(bps=raw["bps"])
    return Trail(offset=instrument.price(raw["offset"]))


def _price(units: int | None, instrument: Instrument) -> Decimal | None:
    return None if units is None else instrument.price(units)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
