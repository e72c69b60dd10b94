"""When a strategy buys, when it sells, how much."""

from decimal import Decimal

import pytest

from algotrendy.domain.fill import Fill
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import AccountView, Side, strategy_client_order_id
from algotrendy.domain.strategy import Distance, Percent, Stops
from algotrendy.strategy.model import LatencySummary
from algotrendy.strategy.runner import Decision, SymbolRunner
from algotrendy.testing.strategy import MODEL_ID, ScriptedModel, daily_bars, rule, spec

BUY, SELL = Side.BUY, Side.SELL
FLAT = AccountView(position=0, equity=Decimal(1000))
LONG = AccountView(position=7, equity=Decimal(1000))
SHORT = AccountView(position=-7, equity=Decimal(1000))
YES, NO = "close > 0", "close < 0"


def decided(
    account: AccountView,
    *,
    entry: str = NO,
    exit: str = NO,  # noqa: A002  # The spec's word.
    close: int = 100_00,
    instrument: Instrument | None = None,
    **changes: object,
) -> Decision:
    bars = daily_bars([close], instrument=instrument)
    runner = SymbolRunner(rule(spec(entry=entry, exit=exit, **changes)), bars.instrument)
    (bar,) = bars
    return runner.decide(bar, account) if runner.observe(bar) else Decision()


def orders(decision: Decision) -> list[tuple[Side, int, str]]:
    return [(intent.side, intent.quantity, intent.cause) for intent in decision.intents]


@pytest.mark.parametrize(
    ("account", "entry", "leave", "expected"),
    [
        (FLAT, YES, NO, [(BUY, 5, "entry")]),
        (FLAT, NO, YES, []),
        (FLAT, YES, YES, []),
        (FLAT, NO, NO, []),
        (LONG, YES, NO, []),
        (LONG, NO, YES, [(SELL, 7, "exit")]),
        (LONG, YES, YES, [(SELL, 7, "exit")]),
        (LONG, NO, NO, []),
        (AccountView(0, Decimal(1000), has_working_order=True), YES, NO, []),
        (AccountView(7, Decimal(1000), has_working_order=True), NO, YES, []),
        (SHORT, YES, NO, []),
        (SHORT, NO, YES, []),
        (AccountView(0, Decimal("199.99")), YES, NO, []),
        (AccountView(0, Decimal(200)), YES, NO, [(BUY, 1, "entry")]),
        (AccountView(0, Decimal(-1000)), YES, NO, []),
        (AccountView(0, None), YES, NO, []),
        (AccountView(7, None), NO, YES, [(SELL, 7, "exit")]),
    ],
)
def test_what_is_decided(
    account: AccountView, entry: str, leave: str, expected: list[tuple[Side, int, str]]
) -> None:
    decision = decided(account, entry=entry, exit=leave)
    assert orders(decision) == expected
    assert all(intent.reduce_only == (intent.cause == "exit") for intent in decision.intents)


def test_a_position_is_turned_around_where_the_other_side_enters_at_its_exit() -> None:
    sides = {"short_entry": YES, "short_exit": NO}
    assert orders(decided(LONG, entry=NO, exit=YES, **sides)) == [
        (SELL, 7, "exit"),
        (SELL, 5, "short_entry"),
    ]
    assert orders(decided(SHORT, entry=YES, exit=NO, short_entry=NO, short_exit=YES)) == [
        (BUY, 7, "short_exit"),
        (BUY, 5, "entry"),
    ]


def test_an_intent_tells_what_held_and_what_the_models_said() -> None:
    bars = daily_bars([100_00])
    (bar,) = bars
    runner = SymbolRunner(rule(spec(), ScriptedModel([0.7])), bars.instrument)
    assert runner.observe(bar)
    (intent,) = runner.decide(bar, FLAT).intents
    assert intent.expression == f'model("{MODEL_ID}") >= 0.6'
    assert intent.model_outputs == {MODEL_ID: 0.7}


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
    account = AccountView(0, Decimal(equity))
    decision = decided(account, entry=YES, close=close, instrument=instrument)
    assert [intent.quantity for intent in decision.intents] == ([expected] if expected else [])


def test_what_protects_a_position_is_reckoned_from_its_average_price() -> None:
    percent = Distance(percent=Decimal("0.05"))
    stops = Stops(stop_loss=percent, take_profit=Distance(distance="10 * 1.5"), max_bars=2)
    bars = daily_bars([100_00] * 4)
    runner = SymbolRunner(
        rule(spec(entry=YES, exit=NO, stops=stops, size=Percent(Decimal("0.5")))), bars.instrument
    )
    first, second, third, fourth = bars
    assert runner.observe(first)
    decision = runner.decide(first, FLAT)
    assert orders(decision) == [(BUY, 5, "entry")]
    assert decision.open is not None
    runner.holding.enter("entry-1", first, decision.open.exits)
    fill = Fill("SPY", BUY, Decimal(5), Decimal(102), Decimal(0), second.open_time_ns)
    stop, target = runner.holding.entered(fill, 102_00, position=5)
    assert (stop.side, stop.order_type, stop.quantity, stop.stop_price) == (SELL, "STOP", 5, 96_90)
    assert (target.order_type, target.limit_price) == ("LIMIT", 117_00)
    held = AccountView(5, Decimal(1000))
    assert runner.observe(second)
    assert orders(runner.decide(second, held)) == []
    assert runner.observe(third)
    # The bar that it filled in counts, and the exit comes whatever holds.
    assert orders(runner.decide(third, held))[0] == (SELL, 5, "max_bars")
    assert not runner.holding.entered(fill, 102_00, position=0)
    assert runner.observe(fourth)


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
