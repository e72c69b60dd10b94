"""What a live strategy hears of its orders; attributes are named as a backtest's events are."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class OrderFilled:
    """An order was executed, in part or in full; numbers are exact."""

    order_id: str
    client_order_id: str
    execution_id: str
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    time_ns: int

    @property
    def type(self) -> str:
        """What happened: the event's name."""
        return "OrderFilled"


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """Any other news of an order; `type` is `OrderAccepted`, `OrderRejected` and so on.

    Parameters
    ----------
    reason : str
        Of a refusal; empty otherwise.
    """

    type: str
    order_id: str
    client_order_id: str
    symbol: str
    time_ns: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that may still fill."""

    order_id: str
    client_order_id: str
    symbol: str
    side: str
    order_type: str
    quantity: Decimal
    filled_quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    status: str
