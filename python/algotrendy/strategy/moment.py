"""What the market tells of one time, which is decided on together."""

from collections.abc import Container
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
