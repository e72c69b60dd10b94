"""Market data for backtests: any form in, checked once, run as often as you like."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from os import PathLike
from typing import Any

from numpy.typing import NDArray

from algotrendy import _core
from algotrendy.backtest.fingerprint import Fingerprint, text_digest
from algotrendy.backtest.instruments import (
    given_instrument,
    inferred_instrument,
    integer_scale,
)
from algotrendy.backtest.manifest import DataRecord
from algotrendy.backtest.side_tables import (
    delisting_of,
    factor_of,
    rows_by_symbol,
    span_of,
)
from algotrendy.backtest.sources import Source, sources
from algotrendy.bar.options import duration_ns, refuse
from algotrendy.bar.plan import table_plan


@dataclass(frozen=True)
class Data:
    """Market data that is read and checked: what `load` returns and `run` takes.

    Attributes
    ----------
    feeds : tuple of BacktestFeed
        Every series held in memory, in the order given. Of a streamed one the first rows.
    streams : mapping of str to iterator factory
        The series that are read from their files as they are run, by name.
    """

    feeds: tuple[_core.BacktestFeed, ...]
    streams: Mapping[str, "Stream"] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, Sequence[Sequence[Any]]]] = field(default_factory=dict)
    is_synthetic: bool = False
    # By series: what `BacktestFeed` is told beside its rows and its instrument.
    beside: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # For a manifest: where each series came from, if from a file, and the options it was read by.
    paths: Mapping[str, str] = field(default_factory=dict)
    reading: Mapping[str, object] = field(default_factory=dict)

    def records(self) -> list[DataRecord]:
        """Return how a manifest names each series and each table beside them."""
        records = [self._record(feed) for feed in self.feeds]
        for name, rows in self.tables.items():
            if rows:
                digest = text_digest(json.dumps(rows, sort_keys=True, default=str))
                count = sum(map(len, rows.values()))
                records.append(DataRecord(name, "table", count, digest))
        return records

    def _record(self, feed: _core.BacktestFeed) -> DataRecord:
        fingerprint = Fingerprint()
        times: list[int] = []
        for part in self.streams[feed.name].feeds() if feed.name in self.streams else (feed,):
            fingerprint.update(part.columns())
            times.extend(part.time_range or ())
        return DataRecord(
            feed.name,
            feed.kind,
            fingerprint.rows,
            fingerprint.digest(),
            times[0] if times else None,
            times[-1] if times else None,
            source=self.paths.get(feed.name),
            instrument=dict(feed.instrument.terms),
            label="synthetic" if self.is_synthetic else None,
        )

    @property
    def instruments(self) -> dict[str, _core.Instrument]:
        """The instruments by symbol."""
        return {feed.symbol: feed.instrument for feed in self.feeds}

    @property
    def is_streamed(self) -> bool:
        """Whether some of it is read from files as it is run."""
        return bool(self.streams)

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process as columns; what is read from files as it is run cannot."""
        series = [(feed.name, feed.columns(), feed.instrument) for feed in self.feeds]
        others = {each.name: getattr(self, each.name) for each in fields(self)[1:]}
        return _remade, (series, others)

    def __str__(self) -> str:
        lines = [f"{feed.name}: {_counted(feed)}" for feed in self.feeds]
        return "\n".join(lines)


@dataclass(frozen=True)
class Stream:
    """A Parquet file that is read row group by row group."""

    source: Source
    options: "_Options"
    instrument: _core.Instrument
    is_given: bool

    def feeds(self) -> Iterator[_core.BacktestFeed]:
        """Yield the series in parts, from its beginning, in time order."""
        file = self.source.file
        assert file is not None  # noqa: S101  # Only such sources are streamed.
        for group in range(file.num_row_groups):
            part = file.read_row_group(group)
            if part.num_rows:
                yield self.options.feed(
                    self.source, self._table(part), self.instrument, is_given=self.is_given
                )

    def _table(self, part: object) -> _core.TickTable:
        return _core.TickTable(part, self.options.columns)


def _remade(
    series: Sequence[tuple[str, Mapping[str, NDArray[Any]], _core.Instrument]],
    others: Mapping[str, Any],
) -> Data:
    feeds = []
    for name, columns, instrument in series:
        # As a feed names them; they are in the instrument's units already.
        names = {"time": "time_ns"} if "time_ns" in columns else {}
        table = _core.TickTable(columns, names)
        feeds.append(_core.BacktestFeed(table, instrument, **others["beside"][name]))
    return Data(tuple(feeds), **others)


def load(
    data: object,
    *,
    instruments: Mapping[str, object] | None = None,
    bars: object = None,
    columns: Mapping[str, str] | None = None,
    interval: object = None,
    label: str = "open",
    factors: object = None,
    universe: object = None,
    delistings: object = None,
    stream: bool | None = None,
    synthetic: bool = False,
) -> Data:
    """Read market data once, for many runs.

    Parameters
    ----------
    data : mapping, table or path
        `{"SPY": bars}`, where the bars are `algotrendy.Bars`, anything that exports Arrow (polars,
        pandas, pyarrow, DuckDB), a mapping of NumPy arrays, or the path of a Parquet or CSV file;
        a table with a column `symbol`; a file of one; a folder of files named by symbol; or what
        `Client.bars` or `Client.ticks` returned. Trades (`time`, `price`, `quantity`) and quotes
        (`time`, `bid`, `ask`) likewise. A second series of a symbol has a name after a colon:
        `"SPY:1h"`. A bar whose four prices are all NaN or null is none; an infinite number is an
        error.
    instruments : mapping of str to Instrument, optional
        Instruments by symbol; prices are rounded to their scales, and integers are units of them.
        One that is not here is the platform's where the data are its own, else a stock in dollars
        whose tick is a cent, or the last digit that its prices have; integers are whole prices, or
        what `algotrendy.Bars` say of theirs. A market is open whenever there are data: calendars
        are left out.
    bars : str or mapping, optional
        The bars that are made of trades, for features and `on_bar`: `"1m"`, or a style and its
        options, `{"style": "renko", "size": "10 ticks"}`.
    columns : mapping of str to str, optional
        Columns whose names do not tell: `{"close": "px_last"}`.
    interval : str, optional
        How long a bar lasts where the data has one time for each; by default the usual step. A bar
        that the next one follows sooner ends where that begins.
    label : {"open", "close"}
        Which end of a bar that one time is.
    factors : table or mapping, optional
        What prices before a time are multiplied by to compare with those from then on: columns
        `symbol`, `time`, `price_factor` and maybe `volume_factor` (default 1 / price_factor), or
        `{"SPY": [(time, price_factor)]}`. Features see adjusted prices, orders raw ones.
    universe : table or mapping, optional
        When a symbol may be held: columns `symbol`, `from`, `to`, or `{"SPY": [(from, to)]}`; a
        missing `to` is open. Default: always.
    delistings : table or mapping, optional
        When a symbol stops trading, and at what price what is held is closed: columns `symbol`,
        `time`, `price`, or `{"SPY": (time, price)}`; a missing price is the last one seen.
    stream : bool, optional
        Whether Parquet files are read row group by row group as they are run, for data larger than
        memory; by default where one has more than 40 million rows.
    synthetic : bool
        Whether no market ever traded so: every report of a run says it.

    Raises
    ------
    InvalidArgumentError
        For data or an option that cannot be; names the field, the value and what was expected.
        `DataFileError`, `DataColumnsError`, `DataValueError` and `DataOrderError` say it of data.
    """
    if isinstance(data, Data):
        return _as_loaded(data, instruments=instruments, bars=bars, columns=columns,
                          interval=interval, factors=factors, universe=universe,
                          delistings=delistings)  # fmt: skip
    if label not in {"open", "close"}:
        refuse("label", label, "'open' or 'close'")
    found = sources(data, columns, stream=stream)
    symbols = {source.symbol for source in found}
    options = _Options(
        instruments=_instruments(found, instruments or {}),
        bars=bars,
        columns=dict(columns or {}),
        interval_ns=None if interval is None else duration_ns("interval", interval),
        is_label_close=label == "close",
        factors=rows_by_symbol("factors", factors, symbols),
        universe=rows_by_symbol("universe", universe, symbols),
        delistings=rows_by_symbol("delistings", delistings, symbols),
    )
    for symbol in options.instruments:
        if symbol not in symbols:
            refuse("instruments", symbol, "symbols of the data: " + ", ".join(sorted(symbols)))
    loaded = options.loaded(found, is_synthetic=synthetic)
    reading = {
        "bars": bars,
        "columns": columns,
        "interval": None if options.interval_ns is None else f"{options.interval_ns}ns",
        "label": None if label == "open" else label,
        "synthetic": synthetic or None,
    }
    told = {name: value for name, value in reading.items() if value is not None}
    return replace(loaded, paths=_paths(data, loaded), reading=told)


def _instruments(found: Sequence[Source], given: Mapping[str, object]) -> dict[str, object]:
    """Return the instruments that were given, and of other symbols those that series bring."""
    brought = [source for source in found if source.instrument is not None]
    chosen: dict[str, object] = {source.symbol: source.instrument for source in reversed(brought)}
    chosen.update(given)
    for source in brought:
        core, own = given_instrument(source.symbol, chosen[source.symbol]), source.instrument
        scales = (core.price_scale, core.quantity_scale)
        if own is not None and scales != (own.price_scale, own.quantity_scale):
            expected = (
                f"one with prices of {own.price_scale} digits after the point and quantities of"
                f" {own.quantity_scale}, which the integers of {source.name} are in"
            )
            refuse(f"instruments[{source.symbol!r}]", chosen[source.symbol], expected)
    return chosen


def _paths(data: object, loaded: Data) -> dict[str, str]:
    """Return the file or folder that each series was read from, by its name."""
    if isinstance(data, str | PathLike):
        return {feed.name: str(data) for feed in loaded.feeds}
    if not isinstance(data, Mapping):
        return {}
    return {name: str(value) for name, value in data.items() if isinstance(value, str | PathLike)}


def _as_loaded(data: Data, **options: object) -> Data:
    for name, value in options.items():
        if value is not None:
            refuse(name, value, "nothing: the data is loaded already, with its own")
    return data


@dataclass(frozen=True)
class _Options:
    """What is known of the series besides their rows."""

    instruments: Mapping[str, object]
    bars: object
    columns: dict[str, str]
    interval_ns: int | None
    is_label_close: bool
    factors: Mapping[str, Sequence[Sequence[Any]]]
    universe: Mapping[str, Sequence[Sequence[Any]]]
    delistings: Mapping[str, Sequence[Sequence[Any]]]

    def loaded(self, found: Sequence[Source], *, is_synthetic: bool) -> Data:
        known: dict[str, _core.Instrument] = {}
        feeds = []
        streams = {}
        beside = {}
        for source in found:
            table = self._first_table(source)
            instrument = known.get(source.symbol) or self._instrument(source, table)
            known[source.symbol] = instrument
            is_given = source.symbol in self.instruments
            feeds.append(self.feed(source, table, instrument, is_given=is_given))
            beside[source.name] = self._beside(source, table, instrument)
            if source.file is not None:
                streams[source.name] = Stream(source, self, instrument, is_given)
        tables = {
            "factors": self.factors,
            "universe": self.universe,
            "delistings": self.delistings,
        }
        return Data(tuple(feeds), streams, tables, is_synthetic, beside)

    def _first_table(self, source: Source) -> _core.TickTable:
        table = source.table if source.file is None else source.file.read_row_group(0)
        return _core.TickTable(table, self.columns)

    def _instrument(self, source: Source, table: _core.TickTable) -> _core.Instrument:
        symbol = source.symbol
        if symbol in self.instruments:
            return given_instrument(symbol, self.instruments[symbol])
        return inferred_instrument(symbol, table, source.table)

    def feed(
        self,
        source: Source,
        table: _core.TickTable,
        instrument: _core.Instrument,
        *,
        is_given: bool,
    ) -> _core.BacktestFeed:
        """Return a series of a table's rows."""
        return _core.BacktestFeed(
            table,
            instrument,
            # An instrument that was given says what integers are units of.
            integer_scale=None if is_given else integer_scale(source.table),
            rounds=is_given,
            interval_ns=self.interval_ns,
            label_close=self.is_label_close,
            **self._beside(source, table, instrument),
        )

    def _beside(
        self, source: Source, table: _core.TickTable, instrument: _core.Instrument
    ) -> dict[str, Any]:
        symbol = source.symbol
        return {
            "name": source.name,
            "bars": _bar_spec(self.bars, instrument, table) if table.source == "trades" else None,
            "membership": [span_of(row) for row in self.universe.get(symbol, ())],
            "delisting": delisting_of(self.delistings.get(symbol, ()), instrument),
            "factors": [factor_of(row) for row in self.factors.get(symbol, ())],
        }


def _bar_spec(
    bars: object, instrument: _core.Instrument, table: _core.TickTable
) -> dict[str, Any] | None:
    if bars is None:
        return None
    given = dict(bars) if isinstance(bars, Mapping) else {"style": "time", "interval": bars}
    style = given.pop("style", "time")
    spec, _ = table_plan(style, {**given, "instrument": instrument}, table)
    return spec


def _counted(feed: _core.BacktestFeed) -> str:
    return f"{len(feed):,} {feed.kind}"
