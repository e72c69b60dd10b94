"""Range bars: of traded prices alone, and with the price taken as continuous between ticks."""

from dataclasses import dataclass, field

from tests.parity.bars.naive.model import PARTIAL, Bar, Style, Tick, bar_of, path_bar


@dataclass
class RangeBars(Style):
    """Of traded prices alone (`gaps=False`)."""

    size: int
    trigger: str = "touch"
    ticks: list[Tick] = field(default_factory=list)

    def push(self, tick: Tick) -> list[Bar]:
        with_tick = bar_of([*self.ticks, tick], "RANGE")
        reached = with_tick.high - with_tick.low
        if self.trigger == "touch" and reached >= self.size:
            self.clear()
            return [with_tick]
        bars = []
        if self.trigger == "exceed" and reached > self.size and self.ticks:
            known_ns = max(one.close_time_ns for one in [*self.ticks, tick])
            bars = [bar_of(self.ticks, "RANGE", close_time_ns=known_ns)]
            self.clear()
        self.ticks.append(tick)
        return bars

    def pending(self) -> Bar | None:
        return bar_of(self.ticks, "FINISH", PARTIAL) if self.ticks else None

    def clear(self) -> None:
        self.ticks = []


@dataclass
class ContinuousRangeBars(Style):
    """With `gaps=True`. `path` is where the price of the pending bar went, its open included."""

    size: int
    trigger: str = "touch"
    path: list[int] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    last_close: int | None = None
    open_time_ns: int = 0
    last_time_ns: int = 0

    def push(self, tick: Tick) -> list[Bar]:
        if not self.path:
            self.path = [tick.close if self.last_close is None else self.last_close]
            self.open_time_ns = tick.time_ns
        self.last_time_ns = tick.time_ns
        if self.trigger == "touch":
            self.ticks.append(tick)
        bars = []
        while (edge := self.edge(tick.close)) is not None:
            self.path.append(edge)
            bars.append(self.bar("RANGE"))
            self.path, self.ticks, self.last_close = [edge], [], edge
            self.open_time_ns = tick.time_ns
        if self.trigger == "exceed":
            self.ticks.append(tick)
        if bars and self.trigger == "touch" and tick.close == self.last_close:
            self.path = []
        else:
            self.path.append(tick.close)
        return bars

    def edge(self, price: int) -> int | None:
        """Where the pending bar ends on the way to `price`, if it does."""
        top = min(self.path) + self.size
        bottom = max(self.path) - self.size
        if self.trigger == "touch":
            return top if price >= top else bottom if price <= bottom else None
        return top if price > top else bottom if price < bottom else None

    def bar(self, close_reason: str, flags: int = 0) -> Bar:
        return path_bar(
            self.path,
            self.ticks,
            close_reason,
            flags,
            open_time_ns=self.open_time_ns,
            close_time_ns=self.last_time_ns,
        )

    def pending(self) -> Bar | None:
        return self.bar("FINISH", PARTIAL) if self.path else None

    def clear(self) -> None:
        self.last_close = self.path[-1]
        self.path, self.ticks = [], []
