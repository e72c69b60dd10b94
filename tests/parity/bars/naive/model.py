"""What goes in, what comes out, and the sum of ticks that every style makes its bars of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

PARTIAL, GAP, LATE, SESSION_BREAK, EMPTY, SUSPECT, CARRIED = 1, 2, 4, 8, 16, 32, 64


class RefusedError(Exception):
    """A tick that a policy or the sessions refuse; the message is the fault."""


@dataclass(frozen=True)
class Trade:
    """A price or quantity of None is one that is not a number."""

    time_ns: int
    price: int | None
    quantity: int | None
    side: int = 0
    trade_id: int | None = None


@dataclass(frozen=True)
class Quote:
    time_ns: int
    bid: int | None
    ask: int | None


@dataclass(frozen=True)
class SourceBar:
    open_time_ns: int
    close_time_ns: int
    open: int | None
    high: int | None
    low: int | None
    close: int | None
    volume: int = 0
    notional: int = 0
    trade_count: int = 1
    buy_volume: int = 0
    sell_volume: int = 0
    first_trade_id: int | None = None
    last_trade_id: int | None = None


@dataclass(frozen=True)
class Advance:
    """A promise that nothing older comes."""

    time_ns: int


@dataclass(frozen=True)
class Tick:
    """Any row of a source, accepted. `time_ns` orders it and says which interval it is in."""

    time_ns: int
    open_time_ns: int
    close_time_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    notional: int
    trade_count: int
    buy_volume: int
    sell_volume: int
    first_trade_id: int | None
    last_trade_id: int | None
    flags: int = 0
    whole: bool = False
    side: int = 0


@dataclass(frozen=True)
class Bar:
    open_time_ns: int
    close_time_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    notional: int = 0
    trade_count: int = 0
    buy_volume: int = 0
    sell_volume: int = 0
    first_trade_id: int | None = None
    last_trade_id: int | None = None
    close_reason: str = "FINISH"
    flags: int = 0


def bar_of(ticks: Sequence[Tick], close_reason: str, flags: int = 0, **changes: Any) -> Bar:
    """The bar that holds `ticks`, which are one or more, with `changes` to its fields."""
    first_ids = [tick.first_trade_id for tick in ticks if tick.first_trade_id is not None]
    last_ids = [tick.last_trade_id for tick in ticks if tick.last_trade_id is not None]
    for tick in ticks:
        flags |= tick.flags
    bar = Bar(
        open_time_ns=ticks[0].open_time_ns,
        close_time_ns=max(tick.close_time_ns for tick in ticks),
        open=ticks[0].open,
        high=max(tick.high for tick in ticks),
        low=min(tick.low for tick in ticks),
        close=ticks[-1].close,
        volume=sum(tick.volume for tick in ticks),
        notional=sum(tick.notional for tick in ticks),
        trade_count=sum(tick.trade_count for tick in ticks),
        buy_volume=sum(tick.buy_volume for tick in ticks),
        sell_volume=sum(tick.sell_volume for tick in ticks),
        first_trade_id=first_ids[0] if first_ids else None,
        last_trade_id=last_ids[-1] if last_ids else None,
        close_reason=close_reason,
        flags=flags,
    )
    return replace(bar, **changes)


def path_bar(
    path: Sequence[int], ticks: Sequence[Tick], close_reason: str, flags: int = 0, **changes: Any
) -> Bar:
    """The bar whose prices went along `path`, and in which `ticks` (perhaps none) were traded."""
    prices = {"open": path[0], "high": max(path), "low": min(path), "close": path[-1]}
    if ticks:
        return bar_of(ticks, close_reason, flags, **prices, **changes)
    return Bar(**prices, close_reason=close_reason, flags=flags | GAP, **changes)


class Style:
    """What every style that is no time bar does: takes ticks, gives bars, may be cut short."""

    cut_flags = SESSION_BREAK

    def push(self, tick: Tick) -> list[Bar]:
        """The bars that this tick completed."""
        raise NotImplementedError

    def pending(self) -> Bar | None:
        """What has begun and is not complete."""
        raise NotImplementedError

    def clear(self) -> None:
        """Forgets what is pending, after a session's end closed it."""
        raise NotImplementedError

    def cut(self, time_ns: int) -> list[Bar]:
        """The bar that a session's end at `time_ns` cut short, if one is pending."""
        bar = self.pending()
        if bar is None:
            return []
        self.clear()
        flags = bar.flags & ~PARTIAL | self.cut_flags
        known_ns = max(time_ns, bar.close_time_ns)
        return [replace(bar, close_time_ns=known_ns, close_reason="SESSION", flags=flags)]
