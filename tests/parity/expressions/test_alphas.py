"""Thirty alphas against pandas: on a panel whose members are not there on every day."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from tests.parity.expressions import ours
from tests.parity.expressions.alphas_pandas import ALPHAS as IN_PANDAS
from tests.parity.expressions.alphas_pandas import Panel

from algotrendy.expression.alpha101 import ALPHAS

DAYS, MEMBERS = 150, 23
DAY_NS = 86_400 * 10**9
CLOSE_ENOUGH = 1e-8
# How many of the values may hang on rounding.
DOUBTFUL_SHARE = 0.25

Fields = dict[str, pd.DataFrame]


@cache
def panel() -> tuple[Fields, pd.DataFrame]:
    random = np.random.default_rng(17)
    shape = (DAYS, MEMBERS)
    # Prices about 1, so that volumes are now below, now above a mean of notional.
    close = np.exp(np.cumsum(random.normal(0, 0.02, shape), axis=0))
    opened = close * np.exp(random.normal(0, 0.01, shape))
    high = np.maximum(opened, close) * np.exp(np.abs(random.normal(0, 0.005, shape)))
    low = np.minimum(opened, close) * np.exp(-np.abs(random.normal(0, 0.005, shape)))
    volume = np.floor(np.exp(random.normal(9, 0.5, shape)))
    notional = volume * (low + random.random(shape) * (high - low))
    columns = (opened, high, low, close, volume, notional)
    present = random.random(shape) < 0.95
    present[:, 0] = True
    present[: DAYS // 3, 1] = False
    present[DAYS // 2 :, 2] = False
    names = ("open", "high", "low", "close", "volume", "notional")
    symbols = [f"S{number:02}" for number in range(MEMBERS)]
    mask = pd.DataFrame(present, columns=symbols)
    fields = {
        name: pd.DataFrame(values, columns=symbols).where(mask)
        for name, values in zip(names, columns, strict=True)
    }
    return fields, mask


def members() -> dict[str, dict[str, np.ndarray]]:
    fields, mask = panel()
    days = 1_700_006_400 * 10**9 + DAY_NS * np.arange(DAYS)
    found = {}
    for symbol in mask:
        rows = mask[symbol].to_numpy()
        bars = {name: frame[symbol].to_numpy()[rows] for name, frame in fields.items()}
        found[symbol] = {**bars, "open_time": days[rows], "close_time": days[rows] + DAY_NS}
    return found


def in_pandas(name: str, noise: int | None = None) -> pd.DataFrame:
    fields, mask = panel()
    generator = None if noise is None else np.random.default_rng(noise)
    return IN_PANDAS[name](Panel(fields, mask, generator)).replace([np.inf, -np.inf], np.nan)


@cache
def all_of_ours() -> dict[str, dict[str, np.ndarray]]:
    return ours.universe_features(members(), ALPHAS)


def test_all_are_there() -> None:
    assert list(ALPHAS) == list(IN_PANDAS)
    assert len(ALPHAS) == 30


@pytest.mark.parametrize("name", IN_PANDAS)
def test_an_alpha_equals_its_pandas_version(name: str) -> None:
    wanted = in_pandas(name)
    steady = steady_values(name, wanted)
    assert wanted.notna().to_numpy().sum() > DAYS * MEMBERS / 4
    assert steady.mean() > 1 - DOUBTFUL_SHARE
    for member, column in enumerate(wanted):
        found = all_of_ours()[name][column]
        expected = wanted[column].to_numpy()[: len(found)]
        kept = steady[: len(found), member]
        assert agree(found, expected)[kept].all(), (column, found[kept], expected[kept])


def steady_values(name: str, wanted: pd.DataFrame) -> np.ndarray:
    """Those that rounding does not change; whether two correlations of ranks are equal, it may."""
    steady = np.ones(wanted.shape, dtype=bool)
    for noise in range(16):
        steady &= agree(in_pandas(name, noise).to_numpy(), wanted.to_numpy())
        if noise == 1 and steady.all():
            break
    return steady


def agree(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    both_null = np.isnan(found) & np.isnan(wanted)
    return both_null | (np.abs(found - wanted) <= CLOSE_ENOUGH * np.maximum(1, np.abs(wanted)))
