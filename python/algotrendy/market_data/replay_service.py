"""Replaying what is stored: bars, or trades and quotes."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from typing import Final

from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import Ticks
from algotrendy.errors import FailedPreconditionError, InvalidArgumentError, ReplayFailedError
from algotrendy.market_data.model import (
    ReplayProgress,
    ReplayStep,
    ReplayTerms,
    check_symbol,
    replay_steps,
)
from algotrendy.market_data.moments import Moment, Recording, moments
from algotrendy.market_data.ports import BarStore, ReplayAudience

# So many moments are read at a time, on a thread: little beside what each takes to live through.
_READ_AHEAD: Final = 256

Instruments = Mapping[str, Instrument]


class ReplayService:
    """Lets others live through what is stored, one time after the other, in lock-step.

    Parameters
    ----------
    deadline_s : float
        How long a consumer has to acknowledge a step, where the caller does not say.
    """

    def __init__(self, store: BarStore, audience: ReplayAudience, *, deadline_s: float) -> None:
        self._store = store
        self._audience = audience
        self._deadline_s = deadline_s
        self._replaying: set[str] = set()

    async def replay_bars(self, terms: ReplayTerms) -> AsyncGenerator[ReplayProgress, None]:
        """Replay bars and tell the progress after each bar time; closing the iterator stops it.

        Raises
        ------
        InvalidArgumentError
            The bars of two symbols overlap without being of the same interval.
        SymbolNotFoundError
            Nothing is stored of a symbol.
        ReplayFailedError
            A symbol is being replayed already, or a consumer failed.
        AcknowledgementMissingError
            A consumer did not answer in time, or is not there.
        """
        with self._claimed(terms.symbols):
            series = [
                (await asyncio.to_thread(self._store.get, symbol)).between(*terms.time_range)
                for symbol in terms.symbols
            ]
            steps = replay_steps(series)
            instruments = {bars.instrument.symbol: bars.instrument for bars in series}
            for number, step in enumerate(steps, start=1):
                await self._live_through_bars(step, instruments, self._deadline_of(terms))
                yield ReplayProgress(number, len(steps), step.close_time_ns)

    async def replay_ticks(self, terms: ReplayTerms) -> AsyncGenerator[ReplayProgress, None]:
        """Replay trades, quotes and bars and tell the progress after each time, as `replay_bars`.

        Raises
        ------
        FailedPreconditionError
            Neither trades nor quotes of a symbol are stored.
        """
        with self._claimed(terms.symbols):
            recordings = [
                await asyncio.to_thread(self._record, symbol, terms) for symbol in terms.symbols
            ]
            instruments = {each.instrument.symbol: each.instrument for each in recordings}
            total_count = sum(recording.tick_count for recording in recordings)
            completed_count = 0
            async for moment in _read(moments(recordings)):
                await self._live_through_ticks(moment, instruments, self._deadline_of(terms))
                completed_count += moment.tick_count
                yield ReplayProgress(completed_count, total_count, moment.time_ns)

    async def _live_through_bars(
        self, step: ReplayStep, instruments: Instruments, deadline_s: float
    ) -> None:
        # Fills first, then prices, then decisions: as in a backtest, and as a market would.
        # What fills at an open is known before the rest of the bar is traded. Who waits for a
        # time, or for an open, acts before anything trades there.
        audience = self._audience
        for bar in step.bars:
            instrument = instruments[bar.symbol]
            await audience.opening(bar, instrument, deadline_s)
            await audience.open(bar, instrument, deadline_s)
        await audience.settle(deadline_s)
        await audience.approach(step.bars[0].symbol, step.close_time_ns, deadline_s)
        for bar in step.bars:
            await audience.close(bar, instruments[bar.symbol], deadline_s)
        await audience.settle(deadline_s)
        for bar in step.bars:
            close = instruments[bar.symbol].price(bar.close)
            await audience.mark(bar.symbol, close, bar.close_time_ns, "bar", deadline_s)
        for following_count, bar in zip(range(len(step.bars))[::-1], step.bars, strict=True):
            instrument = instruments[bar.symbol]
            await audience.decide(bar, instrument, following_count, deadline_s)
        # What became of the orders is known before anything else happens.
        await audience.settle(deadline_s)

    async def _live_through_ticks(
        self, moment: Moment, instruments: Instruments, deadline_s: float
    ) -> None:
        # In the same order. Bars trade nothing: orders have met the ticks they are made of.
        audience = self._audience
        await audience.approach(moment.ticks[0].symbol, moment.time_ns, deadline_s)
        await audience.trade_ticks(moment.ticks, instruments, deadline_s)
        prices = [(each, *_last_price(each, instruments[each.symbol])) for each in moment.made]
        await asyncio.gather(
            *(
                audience.mark(ticks.symbol, price, moment.time_ns, source, deadline_s)
                for ticks, price, source in prices
            )
        )
        await audience.settle(deadline_s)
        following_count = len(moment.made) + len(moment.bars)
        for ticks in moment.made:
            following_count -= 1
            instrument = instruments[ticks.symbol]
            await audience.decide_ticks(ticks, instrument, following_count, deadline_s)
        for bar in moment.bars:
            following_count -= 1
            await audience.decide(bar, instruments[bar.symbol], following_count, deadline_s)
        # Where a quote stands, an order trades at once, and so does what its fill leads to.
        await audience.rest(deadline_s)

    def _record(self, symbol: str, terms: ReplayTerms) -> Recording:
        """Find what is stored of a symbol; ticks are read later."""
        bars = self._store.get(symbol).between(*terms.time_range).closed_by(terms.end_time_ns)
        trades = self._store.trades(symbol, *terms.time_range)
        quotes = self._store.quotes(symbol, *terms.time_range)
        if trades is None and quotes is None:
            raise FailedPreconditionError(
                f"Neither trades nor quotes of {symbol} are stored; import some, or replay bars.",
                symbol=symbol,
            )
        return Recording(bars, trades, quotes)

    def _deadline_of(self, terms: ReplayTerms) -> float:
        return self._deadline_s if terms.deadline_s is None else terms.deadline_s

    @contextmanager
    def _claimed(self, symbols: Sequence[str]) -> Iterator[None]:
        """Keep others from replaying the symbols while the block lasts."""
        claimed = {check_symbol(symbol) for symbol in symbols}
        if not claimed or len(claimed) < len(symbols):
            raise InvalidArgumentError(
                "symbols must name at least one symbol, and each once.",
                field="symbols",
                value=",".join(symbols),
            )
        if taken := sorted(claimed & self._replaying):
            raise ReplayFailedError(f"{taken[0]} is being replayed already.", symbol=taken[0])
        self._replaying |= claimed
        try:
            yield
        finally:
            self._replaying -= claimed


async def _read(every: Iterator[Moment]) -> AsyncIterator[Moment]:
    while ahead := await asyncio.to_thread(lambda: list(islice(every, _READ_AHEAD))):
        for moment in ahead:
            yield moment


def _last_price(ticks: Ticks, instrument: Instrument) -> tuple[Decimal, str]:
    """Return the price that ticks leave and what it is, as simulated venues mark it."""
    return instrument.price(ticks.last_price), "middle" if ticks.quotes else "trade"
