"""What is wrong with an order's terms whatever the account holds."""

from typing import Any

from tests.parity.trading.model.refusal import Refused
from tests.parity.trading.model.state import Slot, State

LIMITED = ("LIMIT", "STOP_LIMIT")
STOPPED = ("STOP", "STOP_LIMIT")
TRIGGERED = (*STOPPED, "TRAILING_STOP")


def slot_of(state: State, symbol: str) -> Slot:
    if symbol not in state.slots:
        raise Refused("UNKNOWN_INSTRUMENT", symbol)
    return state.slots[symbol]


def not_empty(**texts: str) -> None:
    for name, text in texts.items():
        if not text:
            raise Refused("INVALID_ARGUMENT", name)


def terms(state: State, terms: dict[str, Any]) -> None:
    not_empty(order_id=terms["order_id"], client_order_id=terms["client_order_id"])
    slot = slot_of(state, terms["symbol"])
    quantity(slot, terms["quantity"])
    prices(slot, terms)
    lifetime(terms)


def quantity(slot: Slot, quantity: int) -> None:
    if quantity <= 0:
        raise Refused("QUANTITY_NOT_POSITIVE", str(quantity))
    if quantity % slot.terms["lot_size"]:
        raise Refused("QUANTITY_OFF_LOT", str(quantity))


def is_possible(slot: Slot, price: int) -> bool:
    return price > 0 or slot.terms["allow_negative_prices"]


def price(slot: Slot, price: int) -> None:
    if not is_possible(slot, price):
        raise Refused("PRICE_NOT_POSITIVE", str(price))
    if price % slot.terms["tick_size"]:
        raise Refused("PRICE_OFF_TICK", str(price))


def prices(slot: Slot, terms: dict[str, Any]) -> None:
    kind = terms["order_type"]
    for name, wanted, optional in (
        ("limit_price", kind in LIMITED, False),
        ("stop_price", kind in STOPPED, kind == "TRAILING_STOP"),
    ):
        if not optional and (terms[name] is not None) != wanted:
            raise Refused("ORDER_TERMS_INVALID", name)
        if terms[name] is not None:
            price(slot, terms[name])
    if (terms["trail"] is not None) != (kind == "TRAILING_STOP"):
        raise Refused("ORDER_TERMS_INVALID", "trail")
    if terms["trail"] is not None:
        trail(slot, terms["trail"])


def trail(slot: Slot, trail: dict[str, int]) -> None:
    if "bps" in trail:
        if not 0 < trail["bps"] < 10_000:
            raise Refused("ORDER_TERMS_INVALID", "trail")
    elif trail["offset"] <= 0 or trail["offset"] % slot.terms["tick_size"]:
        raise Refused("ORDER_TERMS_INVALID", "trail")


def lifetime(terms: dict[str, Any]) -> None:
    kind, expiry = terms["time_in_force"], terms["expire_time_ns"]
    if kind == "GTD" and expiry is None:
        raise Refused("ORDER_TERMS_INVALID", "expire_time_ns")
    if kind not in ("GTD", "DAY") and expiry is not None:
        raise Refused("ORDER_TERMS_INVALID", "expire_time_ns")
    if terms["post_only"] and (terms["order_type"] not in LIMITED or kind in ("IOC", "FOK")):
        raise Refused("ORDER_TERMS_INVALID", "post_only")


def submit_list(state: State, command: dict[str, Any], orders: list[dict[str, Any]]) -> None:
    not_empty(list_id=command["list_id"])
    if not 2 <= len(orders) <= 16 or len({o["symbol"] for o in orders}) > 1:
        raise Refused("INVALID_ARGUMENT", "orders")
    if command["contingency"] == "BRACKET":
        opposed = all(o["side"] != orders[0]["side"] for o in orders[1:])
        if len(orders) > 3 or not opposed:
            raise Refused("INVALID_ARGUMENT", "orders")
    for name in ("order_id", "client_order_id"):
        if len({order[name] for order in orders}) < len(orders):
            raise Refused("INVALID_ARGUMENT", name)
    for order in orders:
        terms(state, order)
