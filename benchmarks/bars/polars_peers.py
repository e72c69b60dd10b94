"""Plain bars by polars: a computed key for each trade, then a `group_by` of it, on one thread.

`told_sorted` says of the key that it is sorted, which `group_by` does not find out by itself.
"""

import polars as pl

from benchmarks.bars.data import Trades

# Cumulative sum // size carries what is over into the next bar: as is usual, but not the same bars.
SAME_BARS = {"time": True, "tick": True, "volume": False, "dollar": False}
_TIME, _PRICE, _QUANTITY = pl.col("time"), pl.col("price"), pl.col("quantity")


def frame(trades: Trades) -> pl.DataFrame:
    return pl.DataFrame(trades.table(sides=False))


def bars(trades: pl.DataFrame, style: str, size: int, *, told_sorted: bool) -> pl.DataFrame:
    """Return open time, open, high, low, close and volume, a row a bar."""
    name = "open_time_ns" if style == "time" else "key"
    key = _key(style, size).alias(name)
    fields = {
        "open_time_ns": _TIME.first(),
        "open": _PRICE.first(),
        "high": _PRICE.max(),
        "low": _PRICE.min(),
        "close": _PRICE.last(),
        "volume": _QUANTITY.sum(),
    }
    made = {field: expression for field, expression in fields.items() if field != name}
    rows = trades.lazy().with_columns(key.set_sorted() if told_sorted else key)
    return rows.group_by(name, maintain_order=True).agg(**made).select(*fields).collect()


def _key(style: str, size: int) -> pl.Expr:
    match style:
        case "time":
            return _TIME // size * size
        case "tick":
            return pl.int_range(pl.len()) // size
        case "volume":
            return _QUANTITY.cum_sum() // size
        case _:
            return (_PRICE * _QUANTITY).cum_sum() // size
