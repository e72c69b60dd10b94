"""Small columns of trades, quotes and bars, and what is asked of bars of them."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import algotrendy
from algotrendy.errors import InvalidArgumentError

SECOND_NS = 10**9
MINUTE_NS = 60 * SECOND_NS
INT64_MAX = 2**63 - 1


def trades(*prices: Any, **columns: Any) -> dict[str, Any]:
    """One unit traded at each price, one a second; other columns replace or join these."""
    return {
        "time": np.arange(len(prices), dtype=np.int64) * SECOND_NS,
        "price": np.array(prices, dtype=None if prices else np.int64),
        "quantity": np.ones(len(prices), dtype=np.int64),
    } | columns


def quotes(*bids: Any, spread: Any = 2, **columns: Any) -> dict[str, Any]:
    """Bids with an ask above each, one a second."""
    return {
        "time": np.arange(len(bids), dtype=np.int64) * SECOND_NS,
        "bid": np.array(bids),
        "ask": np.array(bids) + spread,
    } | columns


def small_bars(*closes: Any, **columns: Any) -> dict[str, Any]:
    """Bars of one price each, one a second."""
    prices = np.array(closes)
    return {
        "time": np.arange(len(closes), dtype=np.int64) * SECOND_NS,
        "open": prices,
        "high": prices,
        "low": prices,
        "close": prices,
    } | columns


def table_of(columns: dict[str, Any]) -> Any:
    """Columns as they are, or as an Arrow table where one of them is Arrow's."""
    is_arrow = any(isinstance(column, pa.Array) for column in columns.values())
    return pa.table(columns) if is_arrow else columns


# Every style, with parameters that close bars among a few trades near a price of 100.
TRADE_STYLES: dict[str, tuple[str, dict[str, Any]]] = {
    "time": ("time", {"interval": "3s"}),
    "flat time": ("time", {"interval": "1s", "empty": "flat"}),
    "tick": ("tick", {"size": 3}),
    "volume": ("volume", {"size": 5}),
    "split volume": ("volume", {"size": 5, "overshoot": "split"}),
    "dollar": ("dollar", {"size": 450}),
    "split dollar": ("dollar", {"size": 450, "overshoot": "split"}),
    "range": ("range", {"size": 3}),
    "exceeding range": ("range", {"size": 3, "trigger": "exceed"}),
    "gapped range": ("range", {"size": 3, "gaps": True}),
    "renko": ("renko", {"size": 2}),
    "spread renko": ("renko", {"size": 2, "volume": "spread", "wicks": True}),
    "one-brick renko": ("renko", {"size": 2, "reversal": 1, "wicks": "both"}),
    "percentage renko": ("renko", {"size": "2%"}),
    "ATR renko": ("renko", {"size": "atr(2, 2s)"}),
    "tick imbalance": ("tick_imbalance", {"threshold": 3}),
    "volume imbalance": ("volume_imbalance", {"threshold": 6}),
    "dollar imbalance": ("dollar_imbalance", {"threshold": 700}),
    "adaptive imbalance": ("tick_imbalance", {"expected_ticks": 6, "expected_imbalance": "0.5"}),
}


def walk(count: int = 60, seed: int = 7) -> dict[str, Any]:
    """Trades of a random walk around 100, two a second."""
    random = np.random.default_rng(seed)
    prices = 100 + np.cumsum(random.integers(-2, 3, count))
    return {
        "time": np.arange(count) * (SECOND_NS // 2),
        "price": prices,
        "quantity": random.integers(1, 5, count),
        "side": random.integers(-1, 2, count).astype(np.int8),
        "id": np.arange(count),
    }


def rows(table: dict[str, Any]) -> list[tuple[int, ...]]:
    return [tuple(int(value) for value in row) for row in zip(*table.values(), strict=True)]


def metadata_of_refusal(style: Any, table: dict[str, Any] | None = None, **options: Any) -> Any:
    """What a refusal tells, which a stream tells as well."""
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.bars(trades(100, 101) if table is None else table, style, **options)
    with pytest.raises(InvalidArgumentError) as refused_stream:
        algotrendy.BarStream(style, **options)
    assert refused_stream.value.metadata["field"] == refusal.value.metadata["field"]
    return refusal.value.metadata


# What prints count for, by one letter.
ALL, NO_LAST, VOLUME, PRICE, HIGH_LOW, LAST, NOTHING = "AHVPXLN"


def counts(*, high_low: bool, open_close: bool, volume: bool) -> dict[str, bool]:
    return {"high_low": high_low, "open_close": open_close, "volume": volume}


TABLE = {
    ALL: counts(high_low=True, open_close=True, volume=True),
    NO_LAST: counts(high_low=True, open_close=False, volume=True),
    VOLUME: counts(high_low=False, open_close=False, volume=True),
    PRICE: counts(high_low=True, open_close=True, volume=False),
    HIGH_LOW: counts(high_low=True, open_close=False, volume=False),
    LAST: counts(high_low=False, open_close=True, volume=True),
    NOTHING: counts(high_low=False, open_close=False, volume=False),
}


def prices_of(bars: algotrendy.Bars) -> list[int]:
    (bar,) = bars  # type: ignore[misc]
    return [bar.open, bar.high, bar.low, bar.close]


def report(bars: algotrendy.Bars) -> dict[str, Any]:
    assert bars.report is not None
    return bars.report
