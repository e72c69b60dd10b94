"""What the market tells of one time, which is decided on together."""

from collections.abc import Awaitable, Callable, Container
from dataclasses import dataclass, field

from algotrendy.domain.bar import Bar
from algotrendy.domain.tick import Ticks


@dataclass(frozen=True, slots=True)
class PublishedBar:
    """A finished bar, and when it was published."""

    bar: Bar
    publish_time_ns: int

    @property
    def symbol(self) -> str:
        """The bar's symbol."""
        return self.bar.symbol

    @property
    def time_ns(self) -> int:
        """When it closed."""
        return self.bar.close_time_ns


@dataclass
class Moment:
    """Trades and quotes that were made at a time, and bars that closed then, in their order."""

    time_ns: int
    ticks: list[Ticks] = field(default_factory=list)
    bars: list[PublishedBar] = field(default_factory=list)

    def of(self, symbols: Container[str]) -> "Moment":
        """Return what of it is about some symbols."""
        return Moment(
            self.time_ns,
            [made for made in self.ticks if made.symbol in symbols],
            [published for published in self.bars if published.symbol in symbols],
        )


class Gathering:
    """Gathers what is told of a moment, one thing at a time, until it is complete.

    Parameters
    ----------
    decide : callable
        What is done about a moment that is complete, or whose rest never came.
    """

    def __init__(self, decide: Callable[[Moment], Awaitable[None]]) -> None:
        self._decide = decide
        self._moment: Moment | None = None

    async def take(self, told: Ticks | PublishedBar | None, following_count: int) -> None:
        """Take what is told, None where it is nobody's; so much more of its moment follows."""
        if self._moment is not None and told is not None and self._moment.time_ns != told.time_ns:
            # What was to follow never came: a replay that was ended.
            await self._finish()
        if told is not None:
            self._moment = self._moment or Moment(told.time_ns)
            if isinstance(told, Ticks):
                self._moment.ticks.append(told)
            else:
                self._moment.bars.append(told)
        if not following_count:
            await self._finish()

    async def _finish(self) -> None:
        moment, self._moment = self._moment, None
        if moment is not None:
            await self._decide(moment)
