"""What the demo runs on: which data, which span for what, which model and strategy."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from algotrendy.domain.clock import DAY_NS, SECOND_NS
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.decimal import parse_decimal

_INTERVAL_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

FEATURES = {
    "return_1": "ret(close, 1)",
    "return_5": "ret(close, 5)",
    "return_20": "ret(close, 20)",
    "volatility_20": "std(ret(close, 1), 20)",
    "trend_20": "close / ema(close, 20) - 1",
    "trend_100": "close / ema(close, 100) - 1",
    "range": "(high - low) / close",
}
# Small on purpose: daily returns hold little signal, and a larger model would learn the noise.
MODEL_PARAMETERS = {
    "num_iterations": 60.0,
    "num_leaves": 7.0,
    "learning_rate": 0.03,
    "min_data_in_leaf": 100.0,
}


@dataclass(frozen=True)
class Source:
    """One series to import: a bundled one, or a file of the user's."""

    symbol: str
    bundled_name: str | None = None
    file_path: Path | None = None
    columns: dict[str, str] = field(default_factory=dict)
    interval_ns: int = DAY_NS
    tick_size: Decimal = Decimal("0.01")
    is_index: bool = False


@dataclass(frozen=True)
class Spans:
    """Where training ends, and the backtest and the paper run begin; ns UTC.

    The backtest ends where the paper run begins; that goes to the last bar.
    """

    train_end_ns: int
    backtest_start_ns: int
    paper_start_ns: int


@dataclass(frozen=True)
class Plan:
    """Everything the demo is told.

    `spans` is None where they follow from the data: 60 %, 25 % and 15 % of the bars. `entry` and
    `exit` ask the model that is trained, under the id that it gets.
    """

    sources: tuple[Source, ...]
    spans: Spans | None
    horizon_bars: int = 5
    entry: str = 'model("{model_id}") >= 0.56'
    exit: str = 'model("{model_id}") <= 0.52'
    initial_cash: Decimal = Decimal(1_000_000)
    slippage_bps: Decimal = Decimal(1)
    fee_bps: Decimal = Decimal(1)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols, in order."""
        return tuple(source.symbol for source in self.sources)

    @property
    def position_weight(self) -> Decimal:
        """The share of equity a symbol gets: all of them together leave 4 % for costs and gaps."""
        return (Decimal("0.96") / len(self.sources)).quantize(Decimal("0.0001"))


def plan_for(
    data: Path | None, *, symbol: str | None, columns: str | None, interval: str, tick_size: str
) -> Plan:
    """Return the plan for a file of the user's, or for the bundled S&P 500 and NASDAQ series."""
    if data is None:
        return _bundled_plan()
    source = Source(
        symbol=symbol or re.sub(r"[^A-Za-z0-9._-]", "_", data.name.split(".")[0]).upper()[:64],
        file_path=data.resolve(),
        columns=_parse_columns(columns),
        interval_ns=_parse_interval(interval),
        tick_size=_parse_tick_size(tick_size),
    )
    return Plan(sources=(source,), spans=None)


def _bundled_plan() -> Plan:
    return Plan(
        sources=(
            Source("NASDAQ", bundled_name="arch:nasdaq", is_index=True),
            Source("SP500", bundled_name="arch:sp500", is_index=True),
        ),
        spans=Spans(
            train_end_ns=_year_ns(2013),
            backtest_start_ns=_year_ns(2013),
            paper_start_ns=_year_ns(2018),
        ),
    )


def _year_ns(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * SECOND_NS


def _parse_columns(text: str | None) -> dict[str, str]:
    if not text:
        return {}
    pairs = [pair.partition("=") for pair in text.split(",")]
    if any(not separator or not role or not name for role, separator, name in pairs):
        raise InvalidArgumentError(
            f"--columns is {text!r}; expected role=column pairs such as time=ts,price=px.",
            field="columns",
            value=text,
        )
    return {role.strip(): name.strip() for role, _, name in pairs}


def _parse_tick_size(text: str) -> Decimal:
    tick_size = parse_decimal(text, "tick_size")
    if tick_size <= 0:
        raise InvalidArgumentError(
            f"--tick-size is {text}; expected a positive number.", field="tick_size", value=text
        )
    return tick_size


def _parse_interval(text: str) -> int:
    match = re.fullmatch(r"([1-9]\d{0,5})([smhd])", text)
    if match is None:
        raise InvalidArgumentError(
            f"--interval is {text!r}; expected a number and s, m, h or d, such as 5m.",
            field="interval",
            value=text,
        )
    return int(match[1]) * _INTERVAL_UNITS[match[2]] * SECOND_NS
