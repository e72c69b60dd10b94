"""What holds of the core whatever it is told: money is conserved, records are the whole truth."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from tests.parity.trading.commands import Commands, seeded
from tests.parity.trading.model import NaiveCore, Refused
from tests.parity.trading.test_against_the_model import EASY_LIMITS, PAUSES
from tests.parity.trading.world import INSTRUMENTS, PRICES, RATES, START, opening

from algotrendy._core import TradingCore
from algotrendy.errors import AlgoTrendyError

COMMANDS = 700
Told = tuple[dict[str, Any], int]


@dataclass(frozen=True)
class Story:
    """Commands that make sense one after the other, and what a core made of them."""

    told: list[Told]
    core: TradingCore
    events: list[dict[str, Any]]
    records: list[bytes]


def commands(seed: int) -> list[Told]:
    """The model only finds sensible commands here; nothing is compared with it."""
    pick, model, now_ns = seeded(seed), NaiveCore(), START
    made = Commands(pick, model)
    told = [(command, now_ns) for command in opening(EASY_LIMITS)]
    for command, at_ns in told:
        model.execute(command, at_ns)
    for _ in range(COMMANDS):
        now_ns += pick(PAUSES)
        for command in ({"type": "Advance"}, made.any_command()):
            told.append((command, now_ns))
            try:
                model.execute(command, now_ns)
            except Refused:
                continue
    return told


def execute(core: TradingCore, command: dict[str, Any], now_ns: int) -> tuple[Any, bytes]:
    """What was decided: events, or the reason of a refusal; and its record."""
    try:
        decision = core.execute(command, now_ns)
    except AlgoTrendyError as error:
        return error.reason, b""
    return decision.events, decision.record


def told_to_a_core(told: list[Told]) -> Story:
    core = TradingCore("account", currency="USD")
    events: list[dict[str, Any]] = []
    records: list[bytes] = []
    for command, now_ns in told:
        decided, record = execute(core, command, now_ns)
        if record:
            events += decided
            records.append(record)
    return Story(told, core, events, records)


@pytest.fixture(scope="module", params=range(3))
def story(request: pytest.FixtureRequest) -> Story:
    return told_to_a_core(commands(request.param))


def test_cash_is_what_was_paid_in_and_what_trades_and_fees_made_of_it(story: Story) -> None:
    cash: Counter[str] = Counter()
    for event in story.events:
        match event["type"]:
            case "CashDeposited":
                cash[event["currency"]] += event["amount"]
            case "CashWithdrawn":
                cash[event["currency"]] -= event["amount"]
            case "OrderFilled":
                cash[event["currency"]] += event["cash_change"]
                cash[event["fee_currency"]] -= event["fee"]
            case "FillBusted":
                cash[event["currency"]] += event["cash_change"]
                cash[event["fee_currency"]] += event["fee"]
            case "FeeCharged":
                cash[event["fee_currency"]] -= event["fee"]
            case "VariationSettled":
                cash[event["currency"]] += event["amount"]
    assert {name: amount for name, amount in cash.items() if amount} == {
        name: amount for name, amount in story.core.cash().items() if amount
    }
    assert len([e for e in story.events if e["type"] == "OrderFilled"]) > 20


def test_positions_are_the_sum_of_their_fills(story: Story) -> None:
    held: Counter[str] = Counter()
    for event in story.events:
        if event["type"] in ("OrderFilled", "FillBusted"):
            sign = 1 if (event["side"] == "BUY") == (event["type"] == "OrderFilled") else -1
            held[event["symbol"]] += sign * event["quantity"]
        elif event["type"] == "PositionAdjusted":
            held[event["symbol"]] += event["quantity"] - event["previous_quantity"]
    positions = {p["symbol"]: p["quantity"] for p in story.core.positions() if p["quantity"]}
    assert positions == {symbol: quantity for symbol, quantity in held.items() if quantity}


def test_what_a_margined_position_made_is_what_cash_gained(story: Story) -> None:
    gained: Counter[str] = Counter()
    adjusted = {e["symbol"] for e in story.events if e["type"] == "PositionAdjusted"}
    for event in story.events:
        if event["type"] in ("OrderFilled", "FillBusted"):
            gained[event["symbol"]] += event["cash_change"]
        elif event["type"] == "VariationSettled":
            gained[event["symbol"]] += event["amount"]
    for position in story.core.positions():
        symbol = position["symbol"]
        if INSTRUMENTS[symbol]["kind"] in ("FUTURE", "PERPETUAL", "FX") and symbol not in adjusted:
            assert position["realized_pnl"] == gained[symbol], symbol


def test_an_order_is_filled_by_what_was_not_busted(story: Story) -> None:
    filled: Counter[str] = Counter()
    for event in story.events:
        if event["type"] == "OrderAdopted":
            filled[event["order"]["order_id"]] = event["order"]["filled_quantity"]
        elif event["type"] in ("OrderFilled", "FillBusted"):
            sign = 1 if event["type"] == "OrderFilled" else -1
            filled[event["order_id"]] += sign * event["quantity"]
            assert filled[event["order_id"]] == event["filled_quantity"]
            assert event["leaves_quantity"] >= 0


def test_the_same_commands_lead_to_the_same_records(story: Story) -> None:
    assert told_to_a_core(story.told).records == story.records


def test_event_and_record_sequences_have_no_gap(story: Story) -> None:
    assert [e["sequence"] for e in story.events] == list(range(1, len(story.events) + 1))
    records = [e["record_sequence"] for e in story.events]
    assert sorted(set(records)) == list(range(1, len(story.records) + 1))


def is_recoverable(command: dict[str, Any]) -> bool:
    """Limits on how marks moved need marks that no record holds."""
    text = str(command)
    return "price_move_bps" not in text and "max_mark_move_bps': 5" not in text


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_the_records_of_any_prefix_give_the_core_that_wrote_them(seed: int, share: float) -> None:
    told = [(c, at) for c, at in commands(seed) if is_recoverable(c)]
    cut = int(len(told) * share)
    live = told_to_a_core(told[:cut])
    recovered = TradingCore("account", currency="USD")
    for record in live.records:
        recovered.fold_record(record)
    assert recovered.orders() == live.core.orders()
    assert recovered.cash() == live.core.cash()
    assert recovered.event_sequence == live.core.event_sequence
    now_ns = told[cut - 1][1]
    for command in marks_of_everything():
        for core in (live.core, recovered):
            core.execute(command, now_ns)
    assert recovered.positions() == live.core.positions()
    assert execute_equity(recovered) == execute_equity(live.core)
    for command, at_ns in told[cut:]:
        found, expected = (execute(core, command, at_ns)[0] for core in (recovered, live.core))
        assert found == expected, command


def marks_of_everything() -> list[dict[str, Any]]:
    marks: list[dict[str, Any]] = [
        {"type": "Mark", "symbol": symbol, "price": price, "source": "close"}
        for symbol, price in PRICES.items()
    ]
    return marks + [
        {"type": "MarkRate", "currency": name, "rate": rate} for name, rate in RATES.items()
    ]


def execute_equity(core: TradingCore) -> Any:
    try:
        return core.equity()
    except AlgoTrendyError as error:
        return error.reason


def test_a_retried_command_changes_nothing(story: Story) -> None:
    """A command with an id, told again, is answered without an event."""
    core = TradingCore("account", currency="USD")
    for command, now_ns in story.told:
        events, _ = execute(core, command, now_ns)
        if "command_id" in command and not isinstance(events, str) and events:
            assert execute(core, command, now_ns) == ([], b"")
