"""What the demo proves: paper equals backtest, events equal journal, replay equals state."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from algotrendy import _core
from algotrendy.api.trading.v1.trading_pb2 import Account
from algotrendy.backtest.compare import compare
from algotrendy.bus import Bus
from algotrendy.domain.fill import Fill
from algotrendy.domain.money import currency_scale, from_units

_EVENT_SUBJECTS = "algotrendy.trading.v1.*.{account_id}"


@dataclass(frozen=True)
class Proof:
    """One claim and whether it holds; `detail` says what was compared, or the first difference."""

    claim: str
    holds: bool
    detail: str


def paper_equals_backtest(paper: Sequence[Fill], backtest: Sequence[Fill]) -> Proof:
    """Compare two runs fill by fill: time, symbol, side, quantity, price and fee."""
    claim = "Paper trades equal the backtest's, trade by trade"
    differences = compare(paper, backtest).differences
    if differences:
        return Proof(claim, holds=False, detail=str(differences[0]))
    return Proof(claim, holds=len(paper) > 0, detail=f"{len(paper)} fills compared")


async def events_equal_journal(bus: Bus, journal: Sequence[bytes], account: Account) -> Proof:
    """Compare an account's published events with its journalled ones, by id and in order."""
    account_id = account.account_id
    core = _core.TradingCore(account_id, account.currency)
    # The first record opens the account, before its core decides anything: event 0.
    sequences = [0, *(e["sequence"] for record in journal[1:] for e in core.fold_record(record))]
    journalled = [f"{account_id}:{sequence}" for sequence in sequences]
    subjects = _EVENT_SUBJECTS.format(account_id=account_id)
    published = [envelope.event_id for envelope in await bus.events(subjects)]
    return Proof(
        "Published events equal the journalled ones, by id and in order",
        published == journalled and len(published) > 0,
        f"{len(published)} published, {len(journalled)} journalled",
    )


def replay_equals_state(journal: Sequence[bytes], account: Account) -> Proof:
    """Fold the journal into a new core, and compare cash and positions with the running one's."""
    core = _core.TradingCore(account.account_id, account.currency)
    for record in journal[1:]:
        core.fold_record(record)
    cash = from_units(core.cash()[account.currency], currency_scale(account.currency))
    scales = {i["symbol"]: int(i["quantity_scale"]) for i in core.instruments()}
    replayed = {
        position["symbol"]: from_units(position["quantity"], scales[position["symbol"]])
        for position in core.positions()
        if position["quantity"]
    }
    running = {p.symbol: Decimal(p.quantity.value) for p in account.positions}
    running = {symbol: quantity for symbol, quantity in running.items() if quantity}
    return Proof(
        "Replaying the journal gives the same cash and positions",
        cash == Decimal(account.cash.value) and replayed == running,
        f"{len(journal)} records, cash {cash:,}, positions {len(replayed)}",
    )


def read_journal(path: Path) -> list[bytes]:
    """Return the records of a journal that no process writes to any more, or of a copy of one."""
    journal = _core.Journal.open(str(path))
    try:
        return journal.records()
    finally:
        journal.close()
