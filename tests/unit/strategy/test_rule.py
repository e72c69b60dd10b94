"""The rule of a strategy: when it buys, when it sells, how much."""

import math
from decimal import Decimal
from typing import Any

import pytest

from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import AccountView, Side, strategy_client_order_id
from algotrendy.errors import InvalidArgumentError
from algotrendy.strategy.model import LatencySummary, decide
from algotrendy.testing.strategy import daily_bars, spec

BUY, SELL = Side.BUY, Side.SELL
FLAT = AccountView(position=0, equity=Decimal(1000))
LONG = AccountView(position=7, equity=Decimal(1000))


@pytest.mark.parametrize(
    ("account", "probability", "expected"),
    [
        (FLAT, 0.60, (BUY, 5)),
        (FLAT, 0.61, (BUY, 5)),
        (FLAT, 0.59, None),
        (FLAT, 0.40, None),
        (FLAT, math.nan, None),
        (LONG, 0.40, (SELL, 7)),
        (LONG, 0.00, (SELL, 7)),
        (LONG, 0.41, None),
        (LONG, 0.60, None),
        (LONG, math.nan, None),
        (AccountView(0, Decimal(1000), has_working_order=True), 0.99, None),
        (AccountView(7, Decimal(1000), has_working_order=True), 0.01, None),
        (AccountView(-7, Decimal(1000)), 0.99, None),
        (AccountView(-7, Decimal(1000)), 0.01, None),
        (AccountView(0, Decimal("199.99")), 0.99, None),
        (AccountView(0, Decimal(200)), 0.99, (BUY, 1)),
        (AccountView(0, Decimal(-1000)), 0.99, None),
        (AccountView(0, None), 0.99, None),
        (AccountView(7, None), 0.01, (SELL, 7)),
    ],
)
def test_the_rule(
    account: AccountView, probability: float, expected: tuple[Side, int] | None
) -> None:
    bars = daily_bars([100_00])
    (bar,) = bars
    intent = decide(spec(), bars.instrument, bar, probability, account)
    assert (None if intent is None else (intent.side, intent.quantity)) == expected


@pytest.mark.parametrize(
    ("instrument", "close", "equity", "expected"),
    [
        (Instrument("BTC", lot_size=Decimal("0.001")), 30_000_00, "1000", 16),
        (Instrument("LOTS", lot_size=Decimal(100)), 1_00, "1000", 500),
        (Instrument("ES", multiplier=50), 10_00, "1000", 1),
        (Instrument("SPY"), 33_34, "100.02", 1),
        (Instrument("SPY"), 33_34, "66.67", 0),
    ],
)
def test_an_entry_is_rounded_down_to_the_lot(
    instrument: Instrument, close: int, equity: str, expected: int
) -> None:
    (bar,) = daily_bars([close], instrument=instrument)
    intent = decide(spec(), instrument, bar, 0.9, AccountView(0, Decimal(equity)))
    assert (0 if intent is None else intent.quantity) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("symbols", ()),
        ("symbols", ("SPY", "SPY")),
        ("model_id", ""),
        ("entry_probability", 1.01),
        ("entry_probability", math.nan),
        ("exit_probability", -0.01),
        ("exit_probability", 0.61),
        ("exit_probability", math.nan),
        ("position_weight", Decimal(0)),
        ("position_weight", Decimal("1.01")),
        ("position_weight", Decimal("NaN")),
    ],
)
def test_a_spec_out_of_range_is_refused_naming_the_field(field: str, value: Any) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        spec(**{field: value}) if field != "symbols" else spec(value)
    assert refusal.value.metadata["field"] == field


def test_a_long_symbol_still_has_a_client_order_id_of_at_most_64_characters() -> None:
    run_id = "01900000-0000-7000-8000-000000000001"
    ids = {
        strategy_client_order_id(run_id, symbol, time_ns)
        for symbol in ("SPY", "A" * 64, "A" * 63 + "B")
        for time_ns in (2**62, 2**62 + 1)
    }
    assert len(ids) == 6
    assert max(map(len, ids)) <= 64


def test_a_latency_quantile_is_one_of_the_samples() -> None:
    samples_ns = [1000 * n for n in range(1, 201)]
    assert LatencySummary.of(samples_ns) == LatencySummary(200, 100.0, 198.0)
    assert LatencySummary.of([]) == LatencySummary(0, 0.0, 0.0)
    assert LatencySummary.of([5000]) == LatencySummary(1, 5.0, 5.0)
