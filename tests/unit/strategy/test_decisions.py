"""When a strategy buys, when it sells, how much."""

from decimal import Decimal

import pytest

from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import AccountView, Side, strategy_client_order_id
from algotrendy.domain.strategy import Signal
from algotrendy.strategy.model import LatencySummary, decide
from algotrendy.testing.strategy import daily_bars, spec

BUY, SELL = Side.BUY, Side.SELL
FLAT = AccountView(position=0, equity=Decimal(1000))
LONG = AccountView(position=7, equity=Decimal(1000))
SAID = {"direction-1": 0.7}
ENTER = Signal(entry=True, exit=False, model_outputs=SAID)
LEAVE = Signal(entry=False, exit=True, model_outputs=SAID)
BOTH = Signal(entry=True, exit=True, model_outputs=SAID)
NEITHER = Signal(entry=False, exit=False, model_outputs=SAID)


@pytest.mark.parametrize(
    ("account", "signal", "expected"),
    [
        (FLAT, ENTER, (BUY, 5)),
        (FLAT, LEAVE, None),
        (FLAT, BOTH, None),
        (FLAT, NEITHER, None),
        (LONG, ENTER, None),
        (LONG, LEAVE, (SELL, 7)),
        (LONG, BOTH, (SELL, 7)),
        (LONG, NEITHER, None),
        (AccountView(0, Decimal(1000), has_working_order=True), ENTER, None),
        (AccountView(7, Decimal(1000), has_working_order=True), LEAVE, None),
        (AccountView(-7, Decimal(1000)), ENTER, None),
        (AccountView(-7, Decimal(1000)), LEAVE, None),
        (AccountView(0, Decimal("199.99")), ENTER, None),
        (AccountView(0, Decimal(200)), ENTER, (BUY, 1)),
        (AccountView(0, Decimal(-1000)), ENTER, None),
        (AccountView(0, None), ENTER, None),
        (AccountView(7, None), LEAVE, (SELL, 7)),
    ],
)
def test_what_is_decided(
    account: AccountView, signal: Signal, expected: tuple[Side, int] | None
) -> None:
    bars = daily_bars([100_00])
    (bar,) = bars
    intent = decide(spec(), bars.instrument, bar, signal, account)
    assert (None if intent is None else (intent.side, intent.quantity)) == expected


@pytest.mark.parametrize(
    ("account", "signal", "expression"),
    [
        (FLAT, ENTER, 'model("direction-1") >= 0.6'),
        (LONG, LEAVE, 'model("direction-1") <= 0.4'),
    ],
)
def test_an_intent_tells_what_held_and_what_the_models_said(
    account: AccountView, signal: Signal, expression: str
) -> None:
    bars = daily_bars([100_00])
    (bar,) = bars
    intent = decide(spec(), bars.instrument, bar, signal, account)
    assert intent is not None
    assert (intent.expression, intent.model_outputs) == (expression, SAID)


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
    intent = decide(spec(), instrument, bar, ENTER, AccountView(0, Decimal(equity)))
    assert (0 if intent is None else intent.quantity) == expected


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
