"""All bars of a table at once."""

from algotrendy._core import Bars, BarStream, TickTable
from algotrendy.bar.plan import columns_of, table_plan


def bars(ticks: object, style: str, /, **options: object) -> Bars:
    """Make bars of any style from trades, quotes or smaller bars.

    Parameters
    ----------
    ticks : table
        Anything that exports Arrow (polars, pandas, pyarrow, DuckDB) or a mapping of NumPy
        arrays, in time order: trades (`time`, `price`, `quantity`, maybe `side`, `id`,
        `conditions`), quotes (`time`, `bid`, `ask`) or bars (`time` or `open_time`, `open`,
        `high`, `low`, `close`, maybe `volume` and the other columns of `Bars`). Integers are
        units of 10^-scale, and integer times nanoseconds since the Unix epoch, UTC.
    style : str
        "time", "tick", "volume", "dollar", "range", "renko", "tick_imbalance", "volume_imbalance",
        "dollar_imbalance", "heikin_ashi" or "line_break".
    **options
        The style's parameters (`interval="1m"`, `size="10 ticks"`, ...) and, for all styles,
        `source`, `price`, `instrument`, `tick_size`, `price_scale`, `quantity_scale`, `columns`,
        `sessions`, `outside`, `closed`, `label`, `lateness`, `faults`, `ids`,
        `allow_nonpositive_prices` and `conditions`. The guide "Bars" explains each.

    Returns
    -------
    Bars
        The last one partial, if ticks were pending. `Bars.report` accounts for the rest.

    Raises
    ------
    algotrendy.errors.InvalidArgumentError
        For a style or an option that cannot be; names the field, the value and what was expected.
    algotrendy.errors.DataColumnsError, algotrendy.errors.DataValueError
        For a table that is none of the three, or a value that no tick has.
    algotrendy.errors.OverflowValueError
        If a sum leaves its range.

    Examples
    --------
    >>> import numpy as np
    >>> trades = {
    ...     "time": np.array([0, 59, 60]) * 1_000_000_000,
    ...     "price": np.array([10.5, 12.0, 11.25]),
    ...     "quantity": np.array([1, 2, 3]),
    ... }
    >>> minutes = bars(trades, "time", interval="1m")
    >>> minutes.close, minutes.volume, minutes.vwap
    (array([12.  , 11.25]), array([3, 3]), array([11.5 , 11.25]))
    """
    table = TickTable(ticks, columns_of(options.get("columns")))
    spec, terms = table_plan(style, options, table)
    return BarStream._planned(spec, terms)._fold(table)  # noqa: SLF001 - Its other half.
