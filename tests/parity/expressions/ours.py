"""The one place where these tests call the library: columns in, columns out, null as NaN."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from tests.parity.expressions.naive.model import Bars, Column

import algotrendy

NUMBERS = (
    *("open", "high", "low", "close", "volume"),
    *("notional", "trade_count", "buy_volume", "sell_volume"),
)
TIMES = ("open_time", "close_time")


def columns(bars: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the columns that are a bar's."""
    return {name: bars[name] for name in (*NUMBERS, *TIMES) if name in bars}


def evaluate(text: str, bars: Bars) -> Column:
    return features(bars, {"value": text})["value"]


def features(bars: Bars, texts: Mapping[str, str]) -> dict[str, Column]:
    table = algotrendy.features(columns(bars), dict(texts))
    return {name: np.asarray(table[name], dtype=np.float64) for name in texts}


def evaluate_universe(text: str, members: Mapping[str, Bars]) -> dict[str, Column]:
    return universe_features(members, {"value": text})["value"]


def universe_features(
    members: Mapping[str, Bars], texts: Mapping[str, str]
) -> dict[str, dict[str, Column]]:
    """Each feature's column of each member; rows go in by time, as they would come in."""
    names = list(members)
    symbols = np.concatenate([np.full(len(members[name]["close"]), name) for name in names])
    parts = [columns(members[name]) for name in names]
    joined = {one: np.concatenate([part[one] for part in parts]) for one in parts[0]}
    order = np.argsort(joined["open_time"], kind="stable")
    table = {"symbol": symbols[order].tolist()}
    table |= {name: values[order] for name, values in joined.items()}
    found = algotrendy.features(table, dict(texts), by="symbol")
    return {
        text: {
            name: np.asarray(found[text], dtype=np.float64)[symbols[order] == name]
            for name in names
        }
        for text in texts
    }


def streamed(text: str, bars: Bars) -> Column:
    """The values of one bar pushed after the other."""
    stream = algotrendy.Expression(text).stream()
    given = {
        f"{name}_ns" if name in TIMES else name: values.tolist()
        for name, values in columns(bars).items()
    }
    rows = [dict(zip(given, row, strict=True)) for row in zip(*given.values(), strict=True)]
    return np.array([stream.push(**row) for row in rows], dtype=np.float64)


def warm_up(text: str) -> int:
    return int(algotrendy.Expression(text).warm_up)


def bits(values: Column | Sequence[float]) -> list[int]:
    """The values bit for bit; every null is the same null."""
    column = np.asarray(values, dtype=np.float64)
    return np.where(np.isnan(column), np.nan, column).view(np.uint64).tolist()
