"""The trades of a run: each order with its fills together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any, Final

from algotrendy.backtest.result import Result
from algotrendy.backtest.tables import rows_of
from algotrendy.domain.fill import Fill
from algotrendy.errors import InvalidArgumentError

_EXACT_DIGITS: Final = 60


@dataclass(frozen=True)
class Trade:
    """An order and its fills together.

    Parameters
    ----------
    decide_time_ns : int or None
        When the order was created; None where only fills are known, as is `quantity`.
    fill_time_ns : int or None
        The last fill's.
    price : Decimal or None
        The average of the fills, weighted by quantity.
    """

    symbol: str
    side: str
    order_id: str
    fill_time_ns: int | None = None
    filled_quantity: Decimal = Decimal(0)
    price: Decimal | None = None
    fee: Decimal = Decimal(0)
    decide_time_ns: int | None = None
    quantity: Decimal | None = None
    order_type: str | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None

    @property
    def time_ns(self) -> int:
        """When it was decided, else when it was filled."""
        time_ns = self.fill_time_ns if self.decide_time_ns is None else self.decide_time_ns
        return time_ns or 0

    def __str__(self) -> str:
        """Say what was traded at what, in a few words."""
        if self.price is None:
            return f"{self.side} {self.quantity or 0:,f} {self.symbol}, not filled"
        return f"{self.side} {self.filled_quantity:,f} {self.symbol} at {number_text(self.price)}"


def trades_of(run: object, name: str) -> list[Trade]:
    """Return the trades of a result, its folder, or fills; `name` names the run in errors."""
    if isinstance(run, str | Path):
        return trades_of(Result.load(run), name)
    if isinstance(run, Result):
        return _of_result(run)
    if isinstance(run, Sequence) and all(isinstance(fill, Fill) for fill in run):
        return list(_of_fills(run))
    raise InvalidArgumentError(
        f"{name} is {type(run).__name__}; expected a Result, the folder of one or fills.",
        field=name,
        value=type(run).__name__,
    )


def without_orders(trades: Iterable[Trade]) -> list[Trade]:
    """Keep what fills alone tell, oldest first."""
    filled = [
        Trade(
            trade.symbol,
            trade.side,
            trade.order_id,
            trade.fill_time_ns,
            trade.filled_quantity,
            trade.price,
            trade.fee,
        )
        for trade in trades
        if trade.price is not None
    ]
    return sorted(filled, key=lambda trade: trade.time_ns)


def number_text(value: Decimal) -> str:
    """Return a number as people read it."""
    with localcontext(prec=_EXACT_DIGITS):
        shown = round(value, 10).normalize()
    return f"{shown:,f}"


def _of_result(result: Result) -> list[Trade]:
    fills: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows_of(result.fills):
        fills.setdefault(row["order_id"], []).append(row)
    terms = ("symbol", "side", "order_id", "quantity", "order_type", "limit_price", "stop_price")
    return [
        Trade(
            **{name: row[name] for name in terms},
            decide_time_ns=row["create_time"],
            **_together(fills.get(row["order_id"], ())),
        )
        for row in rows_of(result.orders)
    ]


def _of_fills(fills: Sequence[Fill]) -> Iterator[Trade]:
    orders: dict[str, list[Fill]] = {}
    for number, fill in enumerate(fills):
        orders.setdefault(fill.order_id or f"fill {number + 1}", []).append(fill)
    for order_id, own in orders.items():
        rows = [
            {"quantity": each.quantity, "price": each.price, "fee": each.fee}
            | {"time": each.fill_time_ns}
            for each in own
        ]
        yield Trade(own[0].symbol, str(own[0].side), order_id, **_together(rows))


def _together(fills: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    rows = list(fills)
    if not rows:
        return {}
    with localcontext(prec=_EXACT_DIGITS):
        quantity = sum((row["quantity"] for row in rows), Decimal(0))
        amount = sum((row["quantity"] * row["price"] for row in rows), Decimal(0))
        return {
            "fill_time_ns": max(row["time"] for row in rows),
            "filled_quantity": quantity,
            "price": amount / quantity,
            "fee": sum((row["fee"] for row in rows), Decimal(0)),
        }
