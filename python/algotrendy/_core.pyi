"""The Rust core: market data, expressions and trading as pure state machines.

Times are nanoseconds since the Unix epoch, UTC. Prices and quantities are integers in units of
10^-scale, the scale being the instrument's. Every refusal is raised as the class of
`algotrendy.errors` that has its reason.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypedDict, final, type_check_only

import numpy as np
from numpy.typing import NDArray

__all__: list[str]
__version__: Final[str]

@type_check_only
class _Bar(TypedDict):
    open_time_ns: int
    close_time_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    trade_count: int
    notional: int
    buy_volume: int
    sell_volume: int
    close_reason: Literal["INTERVAL", "FINISH"]

@final
class Instrument:
    """Something with a price: its scales, steps and currency. Frozen, and valid by construction.

    Parameters
    ----------
    symbol : str
        1 to 64 printable ASCII characters without spaces.
    kind : str
        "INDEX", "EQUITY", "FUTURE", "CRYPTO" or "FX".
    currency : str
        The currency of its price: "USD", "EUR", "BTC", ...
    price_scale, quantity_scale : int
        Prices and quantities are integers in units of 10^-scale; 0 to 18.
    tick_size, lot_size : int
        The steps of price and quantity, in those units; positive.
    multiplier : int
        Base units per contract; positive.
    allow_negative_prices : bool
        Whether prices may be zero or below.

    Raises
    ------
    algotrendy.errors.InstrumentError
        Naming the first field that is wrong.
    """

    def __new__(
        cls,
        symbol: str,
        *,
        kind: str,
        currency: str,
        price_scale: int,
        quantity_scale: int,
        tick_size: int,
        lot_size: int,
        multiplier: int = 1,
        allow_negative_prices: bool = False,
    ) -> Instrument: ...
    @property
    def symbol(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def cash_scale(self) -> int:
        """Cash in its currency is counted in units of 10^-cash_scale."""

    @property
    def price_scale(self) -> int: ...
    @property
    def quantity_scale(self) -> int: ...
    @property
    def tick_size(self) -> int: ...
    @property
    def lot_size(self) -> int: ...
    @property
    def multiplier(self) -> int: ...
    @property
    def allow_negative_prices(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]: ...

@final
class Bars:
    """Bars of one instrument as columns of shape (n_bars,), in time order.

    NumPy columns are copies. Arrow consumers (`polars.DataFrame(bars)`, `pyarrow.table(bars)`)
    share memory with the bars.
    """

    @property
    def open_time_ns(self) -> NDArray[np.int64]: ...
    @property
    def close_time_ns(self) -> NDArray[np.int64]:
        """The nanosecond after the last that each bar covers, when the whole bar is known."""

    @property
    def open(self) -> NDArray[np.int64]: ...
    @property
    def high(self) -> NDArray[np.int64]: ...
    @property
    def low(self) -> NDArray[np.int64]: ...
    @property
    def close(self) -> NDArray[np.int64]: ...
    @property
    def volume(self) -> NDArray[np.int64]: ...
    @property
    def trade_count(self) -> NDArray[np.int64]: ...
    @property
    def notional(self) -> list[int]:
        """Sums of price x quantity in units of 10^-(price_scale + quantity_scale).

        Python integers, because they can exceed 64 bits.
        """

    @property
    def buy_volume(self) -> NDArray[np.int64]:
        """The part of the volume that buyers took."""

    @property
    def sell_volume(self) -> NDArray[np.int64]:
        """The part of the volume that sellers took."""

    @property
    def close_reason(self) -> list[str]:
        """Why each bar ended: "INTERVAL", or "FINISH" for a partial bar."""

    @property
    def late_trades(self) -> int:
        """How many trades came too late to be in any of these bars."""

    def __len__(self) -> int: ...
    def __arrow_c_array__(
        self, requested_schema: object | None = None
    ) -> tuple[object, object]: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

def time_bars(
    times_ns: NDArray[np.int64],
    prices: NDArray[np.int64],
    quantities: NDArray[np.int64],
    *,
    interval_ns: int,
    aggressor_sides: NDArray[np.int8] | None = None,
) -> Bars:
    """Fold trades into time bars, the last of them partial.

    Intervals are half-open, `[t, t + interval_ns)`, and aligned to the Unix epoch; one without
    trades has no bar. The result is that of pushing every trade into a `TimeBarAggregator`.

    Parameters
    ----------
    times_ns, prices, quantities : ndarray of shape (n_trades,)
        In time order. A trade older than the one before it is in no bar, and counted in
        `late_trades`. A quantity may be zero.
    interval_ns : int
        The length of an interval; positive.
    aggressor_sides : ndarray of shape (n_trades,), optional
        Who took the liquidity: 1 a buyer, -1 a seller, 0 unknown.

    Raises
    ------
    algotrendy.errors.ColumnLengthError
        If the columns are not one table.
    algotrendy.errors.DataValueError
        If a quantity is negative, or a side is none of the three.
    algotrendy.errors.OverflowValueError
        If a sum leaves its range.

    Examples
    --------
    >>> seconds = np.array([0, 59, 60]) * 1_000_000_000
    >>> prices, quantities = np.array([10, 12, 11]), np.array([1, 2, 3])
    >>> bars = time_bars(seconds, prices, quantities, interval_ns=60_000_000_000)
    >>> bars.close, bars.volume, bars.notional
    (array([12, 11]), array([3, 3]), [34, 33])
    """

@final
class TimeBarAggregator:
    """Folds trades into time bars as they come; see `time_bars`."""

    def __new__(cls, interval_ns: int) -> TimeBarAggregator: ...
    def push(self, time_ns: int, price: int, quantity: int, aggressor_side: int = 0) -> _Bar | None:
        """Add one trade; return the bar it closed, if any."""

    def push_many(
        self,
        times_ns: NDArray[np.int64],
        prices: NDArray[np.int64],
        quantities: NDArray[np.int64],
        *,
        aggressor_sides: NDArray[np.int8] | None = None,
    ) -> Bars:
        """Add many trades; return the bars they closed. When it raises, nothing has changed."""

    def finish(self) -> _Bar | None:
        """Take out the pending bar, which is partial."""

    @property
    def late_trades(self) -> int:
        """How many trades were older than the one before them, and so are in no bar."""

@final
class Expression:
    """A parsed expression over the fields of a bar: `ret(close, 1) / std(ret(close, 1), 20)`.

    It has the fields open, high, low, close and volume, numbers, + - * /, unary minus,
    parentheses and three functions:

    - `ret(x, n)` = x / lag(x, n) - 1;
    - `ema(x, n)`, the exponential mean with weight 2 / (n + 1), seeded with the mean of the first
      n finite values;
    - `std(x, n)`, the sample standard deviation (n - 1 in the denominator) of the last n values.

    Division is IEEE 754's. A value that is not finite shows in `ret` and `std` while their window
    covers it, and makes `ema` NaN at that bar alone.

    Raises
    ------
    algotrendy.errors.ExpressionError
        With the `position` of what is wrong, counted in characters from 0.

    Examples
    --------
    >>> expression = Expression("ema(close, 3) - close")
    >>> expression.warm_up, expression.fields
    (2, ['close'])
    >>> expression.evaluate({"close": np.array([1.0, 2.0, 6.0, 5.0])})
    array([nan, nan, -3., -1.])
    """

    def __new__(cls, text: str) -> Expression: ...
    @property
    def text(self) -> str: ...
    @property
    def warm_up(self) -> int:
        """How many bars come before the first value, whatever the data."""

    @property
    def fields(self) -> list[str]:
        """The fields it reads."""

    def evaluate(self, columns: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return its value at every bar, NaN during warm-up; other columns are ignored."""

    def stream(self) -> ExpressionStream:
        """Return an evaluation that has seen no bar."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[str]: ...

@final
class ExpressionStream:
    """An evaluation in progress, equal to `Expression.evaluate` bit for bit."""

    def push(
        self,
        *,
        open: float | None = None,  # noqa: A002 - The field's name.
        high: float | None = None,
        low: float | None = None,
        close: float | None = None,
        volume: float | None = None,
    ) -> float:
        """Add one bar and return the value at it; fields it does not read may be left out."""
