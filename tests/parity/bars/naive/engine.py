"""Ties the parts together: rows in, bars and a report out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.parity.bars.naive.counted import REASONS, CountedBars
from tests.parity.bars.naive.grid import Sessions
from tests.parity.bars.naive.imbalance import ImbalanceBars
from tests.parity.bars.naive.intake import Amount, Intake, Row
from tests.parity.bars.naive.model import Advance, Bar, Quote, Style, Tick
from tests.parity.bars.naive.of_bars import HeikinAshi, LineBreak
from tests.parity.bars.naive.ranges import ContinuousRangeBars, RangeBars
from tests.parity.bars.naive.renko import fixed_size, renko
from tests.parity.bars.naive.time_bars import time_bars


@dataclass(frozen=True)
class Outcome:
    """`bars` are those that closed; after `finish` the pending one is the last of them."""

    bars: list[Bar]
    pending: Bar | None
    held: Amount
    report: dict[str, Any]


def run(events: Iterable[Row | Advance], style: str, *, finish: bool, **options: Any) -> Outcome:
    """Makes bars of all `events` from scratch.

    Raises
    ------
    RefusedError
        A tick is refused by a policy, or not covered by the sessions.
    """
    events = list(events)
    sessions = None
    if options.get("sessions") is not None:
        sessions = Sessions(options["sessions"], options.get("closed", "left"))
    intake = Intake(options, sessions)
    for event in events:
        intake.take(event)
    ticks = intake.in_order() if finish else intake.folded()
    if style == "time":
        bars, pending = time_bars(ticks, intake.watermark, sessions, options)
    else:
        chosen = style_of(style, options, price_unit(events, options))
        bars, pending = fold(ticks, intake.watermark, sessions, chosen)
    if finish and pending is not None:
        bars, pending = [*bars, pending], None
    held = total([] if finish else intake.held())
    return Outcome(bars, pending, held, report_of(intake))


def price_unit(events: Sequence[Row | Advance], options: Mapping[str, Any]) -> int:
    """How many units of the bars one of the source is: a mid price has one digit more."""
    is_mid = any(isinstance(event, Quote) for event in events)
    return 10 if is_mid and options.get("price", "mid") == "mid" else 1


def style_of(style: str, options: Mapping[str, Any], unit: int) -> Style:
    if style in REASONS:
        return CountedBars(style, options["size"], options.get("overshoot", "whole"))
    if style == "range":
        kind = ContinuousRangeBars if options.get("gaps", False) else RangeBars
        return kind(fixed_size(options["size"]) * unit, options.get("trigger", "touch"))
    if style == "renko":
        return renko(options, unit)
    if style.endswith("_imbalance"):
        return ImbalanceBars(style, options)
    return HeikinAshi() if style == "heikin_ashi" else LineBreak(options.get("lines", 3))


def fold(
    ticks: Sequence[Tick], watermark: int | None, sessions: Sessions | None, style: Style
) -> tuple[list[Bar], Bar | None]:
    bars: list[Bar] = []
    period = None
    for tick in ticks:
        if sessions is not None:
            now = sessions.period(tick.time_ns)
            if period is not None and now != period:
                bars += style.cut(period.end)
            period = now
        bars += style.push(tick)
    if period is not None and period.is_passed(watermark, sessions.closed):
        bars += style.cut(period.end)
    return bars, style.pending()


def total(ticks: Iterable[Tick]) -> Amount:
    amount = Amount()
    for tick in ticks:
        amount.add(tick.trade_count, tick.volume, tick.notional)
    return amount


def report_of(intake: Intake) -> dict[str, Any]:
    return {
        "accepted": vars(intake.accepted),
        "rejected": {fault: vars(amount) for fault, amount in intake.rejected.items()},
        "kept": {fault: vars(amount) for fault, amount in intake.kept.items()},
        "not_in_volume": vars(Amount()),
        "rounded": 0,
    }
