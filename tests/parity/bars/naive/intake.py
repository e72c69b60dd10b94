"""Faults, the watermark, and the order in which ticks are folded."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.parity.bars.naive.grid import Sessions, duration_ns
from tests.parity.bars.naive.model import (
    LATE,
    SUSPECT,
    Advance,
    Quote,
    RefusedError,
    SourceBar,
    Tick,
    Trade,
)

Row = Trade | Quote | SourceBar
DEFAULTS = {
    "invalid": "drop",
    "nonpositive_price": "drop",
    "zero_quantity": "keep",
    "duplicate": "drop",
    "crossed": "drop",
    "late": "drop",
    "outside": "drop",
}
WINDOW = 1024


@dataclass
class Amount:
    count: int = 0
    volume: int = 0
    notional: int = 0

    def add(self, count: int, volume: int, notional: int) -> None:
        self.count += count
        self.volume += volume
        self.notional += notional


@dataclass
class Intake:
    """Judges rows in the order in which they arrive."""

    options: Mapping[str, Any]
    sessions: Sessions | None
    ticks: list[Tick] = field(default_factory=list)
    watermark: int | None = None
    accepted: Amount = field(default_factory=Amount)
    rejected: dict[str, Amount] = field(default_factory=dict)
    kept: dict[str, Amount] = field(default_factory=dict)
    window: deque[int | None] = field(default_factory=lambda: deque(maxlen=WINDOW))
    highest_id: int | None = None

    def policy(self, fault: str) -> str:
        if fault == "outside":
            return self.options.get("outside", "drop")
        return {**DEFAULTS, **self.options.get("faults", {})}[fault]

    def advance_to(self, time_ns: int) -> None:
        self.watermark = time_ns if self.watermark is None else max(self.watermark, time_ns)

    def take(self, event: Row | Advance) -> None:
        if isinstance(event, Advance):
            self.advance_to(event.time_ns)
            return
        kept = []
        for fault in self.faults(event):
            match self.policy(fault):
                case "raise":
                    raise RefusedError(fault)
                case "drop":
                    self.rejected.setdefault(fault, Amount()).add(*amounts(event))
                    return
            kept.append(fault)
        self.accept(event, kept)

    def accept(self, row: Row, kept: Sequence[str]) -> None:
        for fault in kept:
            self.kept.setdefault(fault, Amount()).add(*amounts(row))
        self.accepted.add(*amounts(row))
        tick = to_tick(row, self.options)
        if "late" in kept:
            tick = at_watermark(tick, self.watermark)
        if {"nonpositive_price", "duplicate", "crossed"} & set(kept):
            tick = replace(tick, flags=tick.flags | SUSPECT)
        self.ticks.append(tick)
        if isinstance(row, Trade) and row.trade_id is not None:
            self.window.append(row.trade_id)
            self.highest_id = max(row.trade_id, self.highest_id or row.trade_id)
        self.advance_to(tick.time_ns - duration_ns(self.options.get("lateness", "0ms")))

    def faults(self, row: Row) -> Iterable[str]:
        """The faults of `row`, in the guide's order; what follows `invalid` needs numbers."""
        if is_invalid(row):
            yield "invalid"
        if lowest_price(row) <= 0 and not self.options.get("allow_nonpositive_prices", False):
            yield "nonpositive_price"
        if isinstance(row, Trade) and row.quantity == 0:
            yield "zero_quantity"
        if isinstance(row, Trade) and self.is_duplicate(row.trade_id):
            yield "duplicate"
        if isinstance(row, Quote) and row.bid > row.ask:
            yield "crossed"
        time_ns = to_tick(row, self.options).time_ns
        if self.watermark is not None and time_ns < self.watermark:
            yield "late"
            # Reached only when late ticks are kept, and then this one counts from here on there.
            time_ns = self.watermark
        if self.sessions is not None and self.sessions.period(time_ns).is_break:
            yield "outside"

    def is_duplicate(self, trade_id: int | None) -> bool:
        if trade_id is None:
            return False
        if self.options.get("ids", "window") == "window":
            return trade_id in self.window
        return self.highest_id is not None and trade_id <= self.highest_id

    def folded(self) -> list[Tick]:
        """The ticks that the watermark passed, in time order, in arrival order where equal."""
        return [tick for tick in self.in_order() if tick.time_ns <= self.watermark]

    def held(self) -> list[Tick]:
        return [tick for tick in self.in_order() if tick.time_ns > self.watermark]

    def in_order(self) -> list[Tick]:
        return sorted(self.ticks, key=lambda tick: tick.time_ns)


def prices_of(row: Row) -> list[int | None]:
    match row:
        case Trade():
            return [row.price]
        case Quote():
            return [row.bid, row.ask]
    return [row.open, row.high, row.low, row.close]


def lowest_price(row: Row) -> int:
    return min(prices_of(row))


def is_invalid(row: Row) -> bool:
    if None in prices_of(row):
        return True
    match row:
        case Trade():
            return row.quantity is None or row.quantity < 0
        case SourceBar():
            inside = row.low <= row.open <= row.high and row.low <= row.close <= row.high
            return not inside or row.volume < 0
    return False


def amounts(row: Row) -> tuple[int, int, int]:
    """Count, volume and notional; what is not a number adds nothing."""
    match row:
        case Trade():
            quantity = row.quantity or 0
            return 1, quantity, quantity * (row.price or 0)
        case SourceBar():
            return row.trade_count, row.volume, row.notional
    return 1, 0, 0


def to_tick(row: Row, options: Mapping[str, Any]) -> Tick:
    match row:
        case Trade():
            return trade_tick(row)
        case Quote():
            # Half a unit is exact, because a mid price has one digit more: ten times the half.
            price = {"bid": row.bid, "ask": row.ask, "mid": (row.bid + row.ask) * 5}
            chosen = price[options.get("price", "mid")]
            return trade_tick(Trade(row.time_ns, chosen, 0))
    by_close = options.get("closed", "left") == "right"
    return Tick(
        time_ns=row.close_time_ns if by_close else row.open_time_ns,
        open_time_ns=row.open_time_ns,
        close_time_ns=row.close_time_ns,
        open=row.open,
        high=row.high,
        low=row.low,
        close=row.close,
        volume=row.volume,
        notional=row.notional,
        trade_count=row.trade_count,
        buy_volume=row.buy_volume,
        sell_volume=row.sell_volume,
        first_trade_id=row.first_trade_id,
        last_trade_id=row.last_trade_id,
        whole=True,
    )


def trade_tick(trade: Trade) -> Tick:
    return Tick(
        time_ns=trade.time_ns,
        open_time_ns=trade.time_ns,
        close_time_ns=trade.time_ns,
        open=trade.price,
        high=trade.price,
        low=trade.price,
        close=trade.price,
        volume=trade.quantity,
        notional=trade.price * trade.quantity,
        trade_count=1,
        buy_volume=trade.quantity if trade.side == 1 else 0,
        sell_volume=trade.quantity if trade.side == -1 else 0,
        first_trade_id=trade.trade_id,
        last_trade_id=trade.trade_id,
        side=trade.side,
    )


def at_watermark(tick: Tick, watermark: int) -> Tick:
    return replace(
        tick,
        time_ns=watermark,
        open_time_ns=max(tick.open_time_ns, watermark),
        close_time_ns=max(tick.close_time_ns, watermark),
        flags=tick.flags | LATE,
    )
