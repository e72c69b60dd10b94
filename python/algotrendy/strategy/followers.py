"""Strategies that decide in their callers' processes: told of one thing at a time."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from algotrendy.domain.bar import Bar
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import AccountId, OrderId
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import Ticks
from algotrendy.errors import UnavailableError
from algotrendy.strategy.moment import Moment


class OrderNewsType(StrEnum):
    """What became of an order, other than a fill."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    TRIGGERED = "TRIGGERED"
    RELEASED = "RELEASED"
    REPLACED = "REPLACED"


@dataclass(frozen=True, slots=True)
class OrderNews:
    """News of an order; `reason` is that of a refusal."""

    type: OrderNewsType
    account_id: AccountId
    order_id: OrderId
    time_ns: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MadeTicks:
    """Trades and quotes, and how many more ticks and bars of the same moment follow them."""

    ticks: Ticks
    following_count: int


@dataclass(frozen=True, slots=True)
class FinishedBar:
    """A bar, and how many more of the same moment follow it."""

    bar: Bar
    following_count: int


@dataclass(frozen=True, slots=True)
class TimeCome:
    """The market's time has come to this."""

    time_ns: int


Happening = MadeTicks | FinishedBar | Fill | OrderNews | TimeCome


class Follower:
    """One caller that follows symbols and an account's orders.

    Parameters
    ----------
    instruments : mapping of str to Instrument
        Those whose bars it decides on, by symbol.
    account_id : AccountId, optional
        Whose orders it hears of.
    follows_ticks : bool
        Whether it hears of their trades and quotes, too.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        account_id: AccountId | None,
        *,
        follows_ticks: bool = False,
    ) -> None:
        self.instruments = instruments
        self.account_id = account_id
        self._follows_ticks = follows_ticks
        # When it wants to be told of the time; None: it does not.
        self.wake_time_ns: int | None = None
        self._time_ns: int | None = None
        self._told: asyncio.Queue[tuple[Happening, asyncio.Future[None]]] = asyncio.Queue()
        self._in_hand: asyncio.Future[None] | None = None
        self._is_gone = False

    async def tell(self, happening: Happening) -> None:
        """Return once the caller has dealt with it.

        Raises
        ------
        UnavailableError
            The caller has gone away before.
        """
        if self._is_gone:
            return
        dealt_with: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._told.put_nowait((happening, dealt_with))
        await dealt_with

    async def tell_moment(self, moment: Moment) -> None:
        """Tell it what of a moment it follows, ticks before bars; raise as `tell`."""
        part = moment.of(self.instruments)
        ticks = part.ticks if self._follows_ticks else ()
        following_count = len(ticks) + len(part.bars)
        for made in ticks:
            following_count -= 1
            await self.tell(MadeTicks(made, following_count))
        for published in part.bars:
            following_count -= 1
            await self.tell(FinishedBar(published.bar, following_count))

    async def wake(self, time_ns: int) -> None:
        """Tell the caller that a time has come; raise as `tell`."""
        self.wake_time_ns, self._time_ns = None, time_ns
        await self.tell(TimeCome(time_ns))

    async def happenings(self) -> AsyncGenerator[Happening, None]:
        """Yield what happens; the next comes once `deal` was called for the one before."""
        while True:
            happening, self._in_hand = await self._told.get()
            yield happening
            await asyncio.shield(self._in_hand)

    def deal(self, wake_time_ns: int | None = None) -> None:
        """Note that what was told last was dealt with, and which time the caller waits for."""
        if wake_time_ns is not None and self._time_ns is not None:
            # What it has been told of has come: nobody is woken twice at one time.
            wake_time_ns = wake_time_ns if wake_time_ns > self._time_ns else None
        self.wake_time_ns = wake_time_ns
        if self._in_hand is not None and not self._in_hand.done():
            self._in_hand.set_result(None)

    def go(self) -> None:
        """Note that the caller has gone away; whoever waits for it learns of it."""
        self._is_gone = True
        waiting = [] if self._in_hand is None else [self._in_hand]
        while not self._told.empty():
            waiting.append(self._told.get_nowait()[1])
        for dealt_with in waiting:
            if not dealt_with.done():
                dealt_with.set_exception(
                    UnavailableError("A strategy that follows the market has gone away.")
                )
