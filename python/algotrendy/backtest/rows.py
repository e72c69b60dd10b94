"""What came of a run, row by row: as it is kept and told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from algotrendy.backtest.model import EquityColumns
from algotrendy.backtest.result import Result
from algotrendy.backtest.tables import rows_of, times_of
from algotrendy.domain.bar import Int64Column
from algotrendy.domain.fill import Fill
from algotrendy.domain.money import currency_scale, round_half_even
from algotrendy.domain.order import Side

_AVERAGE_SCALE = 8


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order and how it ended; words are FIX's, NEW is one that waits at the last bar.

    Parameters
    ----------
    reason, rule : str
        Why it was refused, and by which check; empty where it was not.
    """

    order_id: str
    client_order_id: str
    symbol: str
    side: Side
    order_type: str
    quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    time_in_force: str
    status: str
    filled_quantity: Decimal
    create_time_ns: int
    end_time_ns: int | None
    reason: str
    rule: str


@dataclass(frozen=True, slots=True)
class PositionRow:
    """A position from flat to flat, opened by its side; without a close time it is still open."""

    symbol: str
    side: Side
    quantity: Decimal
    open_time_ns: int
    close_time_ns: int | None
    open_price: Decimal
    close_price: Decimal | None
    profit: Decimal
    fees: Decimal


@dataclass(frozen=True, slots=True)
class RejectionRow:
    """What a check or the venue refused; `limit` and `observed` are empty without a number."""

    order_id: str
    symbol: str
    time_ns: int
    reason: str
    rule: str
    limit: str
    observed: str


def orders_of(result: Result) -> Sequence[OrderRow]:
    """Return the orders of a run, in the order they were decided in."""
    return [
        OrderRow(
            order_id=row["order_id"],
            client_order_id=row["client_order_id"],
            symbol=row["symbol"],
            side=Side(row["side"]),
            order_type=row["order_type"],
            quantity=row["quantity"],
            limit_price=row["limit_price"],
            stop_price=row["stop_price"],
            time_in_force=row["time_in_force"],
            status=row["status"],
            filled_quantity=row["filled_quantity"],
            create_time_ns=row["create_time"],
            end_time_ns=row["end_time"],
            reason=row["reason"] or "",
            rule=row["rule"] or "",
        )
        for row in rows_of(result.orders)
    ]


def fill_of(row: Mapping[str, Any], *, client_order_id: str = "", strategy_id: str = "") -> Fill:
    """Return the fill that a row of a result's table tells of."""
    return Fill(
        symbol=row["symbol"],
        side=Side(row["side"]),
        quantity=row["quantity"],
        price=row["price"],
        fee=row["fee"],
        fill_time_ns=row["time"],
        execution_id=row["execution_id"],
        order_id=row["order_id"],
        client_order_id=client_order_id,
        strategy_id=strategy_id,
    )


def fills_of(result: Result, strategy_id: str) -> Sequence[Fill]:
    """Return the fills of a run, oldest first."""
    orders = result.orders
    names = dict(
        zip(orders["order_id"].to_pylist(), orders["client_order_id"].to_pylist(), strict=True)
    )
    return [
        fill_of(row, client_order_id=names[row["order_id"]], strategy_id=strategy_id)
        for row in rows_of(result.fills)
    ]


def positions_of(result: Result) -> Sequence[PositionRow]:
    """Return the positions of a run, in the order they were opened in."""
    return [
        PositionRow(
            symbol=row["symbol"],
            side=Side.BUY if row["side"] == "LONG" else Side.SELL,
            quantity=row["quantity"],
            open_time_ns=row["open_time"],
            close_time_ns=row["close_time"],
            open_price=_average(row["open_price"]),
            close_price=None if row["close_price"] is None else _average(row["close_price"]),
            profit=row["profit"],
            fees=row["fees"],
        )
        for row in rows_of(result.positions)
    ]


def _average(price: float | Decimal) -> Decimal:
    """Return an average price as exactly as averages are told: to 8 decimals."""
    return round_half_even(Decimal(str(price)), _AVERAGE_SCALE)


def rejections_of(result: Result) -> Sequence[RejectionRow]:
    """Return what was refused in a run, oldest first."""
    return [
        RejectionRow(
            order_id=row["order_id"],
            symbol=row["symbol"],
            time_ns=row["time"],
            reason=row["reason"],
            rule=row["rule"] or "",
            limit=row["limit"] or "",
            observed=row["observed"] or "",
        )
        for row in rows_of(result.rejections)
    ]


def equity_of(result: Result) -> EquityColumns:
    """Return the account of a run at every close."""
    return EquityColumns(
        scale=currency_scale(result.currency),
        close_time_ns=times_of(result.equity),
        equity=_units(result.equity, "equity"),
        cash=_units(result.equity, "cash"),
        gross=_units(result.exposure, "gross"),
        net=_units(result.exposure, "net"),
    )


def _units(table: pa.Table, name: str) -> Int64Column:
    """Return a column of amounts without nulls in units of its scale; shape (n_rows,)."""
    parts = [np.empty(0, dtype=np.int64)]
    for chunk in table[name].chunks:
        # A `decimal128` is the integer itself, low word first; an amount of the core fits in it.
        words = np.frombuffer(chunk.buffers()[1], dtype="<i8").reshape(-1, 2)
        parts.append(words[chunk.offset : chunk.offset + len(chunk), 0])
    return np.concatenate(parts)
