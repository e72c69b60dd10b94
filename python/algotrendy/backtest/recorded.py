"""The data of a run held in memory, as it was and with another future."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from algotrendy import _core
from algotrendy.backtest import worlds
from algotrendy.backtest.data import load

LOADED: Final = ("instruments", "bars", "columns", "interval", "label", "synthetic")

Tables = Mapping[str, pa.Table]
Change = Callable[[worlds.Columns, int, int], worlds.Columns]


@dataclass(frozen=True)
class Recorded:
    """The data of the real world, in memory, and what it is loaded with."""

    feeds: Sequence[_core.BacktestFeed]
    instruments: Mapping[str, object]

    @classmethod
    def of(cls, data: object, terms: Mapping[str, Any]) -> "Recorded":
        """Load data as a run of these terms does."""
        options = {name: terms[name] for name in LOADED if name in terms and name != "bars"}
        loaded = load(data, stream=False, **options)
        instruments = {feed.symbol: feed.instrument for feed in loaded.feeds}
        return cls(loaded.feeds, instruments)

    @property
    def times_ns(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Every time at which something is known, once each, in order."""
        columns = [feed.columns() for feed in self.feeds]
        times = [
            each["close_time_ns"] if "close_time_ns" in each else each["time_ns"]
            for each in columns
        ]
        return np.unique(np.concatenate(times))

    def world(self, change: Change | None, time_ns: int) -> Tables:
        """Return the series as tables, changed after a time."""
        made = {}
        for feed in self.feeds:
            columns: worlds.Columns = feed.columns()
            if change is not None:
                columns = change(columns, time_ns, feed.instrument.tick_size)
            # A series that has not begun is one that nobody knows of.
            if len(next(iter(columns.values()))):
                made[feed.name] = pa.table(
                    {name.removesuffix("_ns"): values for name, values in columns.items()}
                )
        return made
