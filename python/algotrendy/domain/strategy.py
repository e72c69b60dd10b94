"""What a strategy is told to do: kept by strategy, run by backtest, and the same in both.

These are the terms, as `strategy_document` reads and writes them. Which of them go together and
what an expression may say is decided in one place, where the core compiles them to a rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from algotrendy.domain.venue import VenueTerms

Parameter = bool | int | float


@dataclass(frozen=True)
class Hold:
    """How many of the symbols a rank holds: a count, or a fraction of those that have a rank."""

    count: int | None = None
    fraction: Decimal | None = None


@dataclass(frozen=True)
class Equal:
    """An equal share of the equity for each that a rank holds, without one for each symbol."""


@dataclass(frozen=True)
class Fixed:
    """So many base units."""

    quantity: Decimal


@dataclass(frozen=True)
class Notional:
    """Such a notional, in the account's currency."""

    amount: Decimal


@dataclass(frozen=True)
class Percent:
    """Such a share of the equity: 0.5 is half of it."""

    percent: Decimal


@dataclass(frozen=True)
class Weight:
    """Such a share of the equity as a numeric expression says at the bar."""

    expression: str


@dataclass(frozen=True)
class VolatilityTarget:
    """The share of the equity that has a volatility of `annual`, at most `cap`.

    annual / (standard deviation of `window` bar-to-bar returns × √periods_per_year).
    """

    annual: Decimal
    window: int
    cap: Decimal = Decimal(1)
    periods_per_year: Decimal = Decimal(252)


@dataclass(frozen=True)
class Kelly:
    """`fraction` × mean / variance of `window` bar-to-bar returns, 0 to `cap`."""

    fraction: Decimal
    window: int
    cap: Decimal = Decimal(1)


Size = Equal | Fixed | Notional | Percent | Weight | VolatilityTarget | Kelly


class SizeAt(StrEnum):
    """Which price an order is sized at: the close decided on, or the open it fills at."""

    CLOSE = "close"
    NEXT_OPEN = "next_open"


@dataclass(frozen=True)
class Distance:
    """How far a stop is: a share of the price, or what a numeric expression says at the bar."""

    percent: Decimal | None = None
    distance: str | None = None


@dataclass(frozen=True)
class Stops:
    """What ends a position whatever the exit says, reckoned from the price it was filled at."""

    stop_loss: Distance | None = None
    take_profit: Distance | None = None
    trailing: Distance | None = None
    max_bars: int | None = None


class Period(StrEnum):
    """A span of time of which the first bar decides; BAR: every bar decides."""

    BAR = "bar"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True)
class Schedule:
    """When a strategy decides.

    Parameters
    ----------
    every : Period or int
        The first bar of each period, or every so many bars.
    start, until : str, optional
        Times of day, as `09:35`, between which it decides.
    zone : str
        The time zone of days and times, as `America/New_York`.
    """

    every: Period | int = Period.BAR
    start: str | None = None
    until: str | None = None
    zone: str = "UTC"


@dataclass(frozen=True)
class StrategySpec:
    """What a strategy does at a bar's close.

    Parameters
    ----------
    symbols : tuple of str
        Each with the same rule. None: every symbol whose bars are given.
    entry, exit, short_entry, short_exit : str, optional
        Boolean expressions: when a symbol is bought and sold, sold short and bought back. None
        never holds.
    parameters : mapping of str to bool, int or float
        Constants that the expressions may name.
    features : mapping of str to str
        Expressions that the expressions may name.
    rank : str, optional
        A numeric expression: the symbols where it is highest are held, as many as `hold` says.
    bars : str, optional
        Which bars it is meant for, as `1m`: for those who choose the data.
    costs : VenueTerms, optional
        How a simulated venue fills and charges its orders.
    name : str, optional
        For people.
    """

    symbols: tuple[str, ...] = ()
    entry: str | None = None
    exit: str | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    features: Mapping[str, str] = field(default_factory=dict)
    short_entry: str | None = None
    short_exit: str | None = None
    rank: str | None = None
    hold: Hold | None = None
    size: Size = Equal()
    size_at: SizeAt = SizeAt.CLOSE
    stops: Stops = Stops()
    schedule: Schedule = Schedule()
    bars: str | None = None
    costs: VenueTerms | None = None
    name: str | None = None
