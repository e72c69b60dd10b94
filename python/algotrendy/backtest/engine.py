"""The event loop of a backtest: the trading core and the simulated venue, driven by bars.

When bars open, resting orders meet their opens. When bars close, every close becomes its symbol's
reference price, then the strategy decides symbol by symbol. What closes at a time comes before what
opens at it, so that an order fills at the next open. Lock-step replay of a live run has this order.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

from algotrendy.backtest.book import Book
from algotrendy.backtest.model import BacktestTerms
from algotrendy.backtest.ports import Decider, Progress
from algotrendy.backtest.result import BacktestResult
from algotrendy.domain.bar import Bar, BarColumns

_CLOSE, _OPEN = 0, 1
_PROGRESS_STEPS = 200


def run(
    run_id: str,
    series: Sequence[BarColumns],
    deciders: Mapping[str, Decider],
    terms: BacktestTerms,
    *,
    strategy_id: str | None = None,
    make_order_id: Callable[[int], str] | None = None,
    on_progress: Progress | None = None,
) -> BacktestResult:
    """Run a strategy over bars and return everything that came of it.

    Parameters
    ----------
    run_id : str
        Names the account, and is part of every `client_order_id`.
    series : sequence of BarColumns
        One for each symbol, warm-up included; instruments of one currency.
    deciders : mapping of str to Decider
        The strategy on each symbol, having seen no bar.
    make_order_id : callable, optional
        Gives the id of the n-th order, from 1. Default: `{run_id}-{n}`, equal in every repetition.
    on_progress : callable, optional
        Told the share of bars done, 0 to 1, at most 200 times; what it raises ends the run.

    Raises
    ------
    InsufficientDataError
        If fewer than two bar times lie in the span to trade.
    InsufficientFundsError
        If the account is worth nothing any more: an open far above the close it was sized at.
    InSampleError
        If a bar to trade lies in a model's training, unless the strategy's expressions allow it.
    """
    seen = [columns.between(None, terms.end_time_ns) for columns in series]
    book = Book(run_id, seen, terms, strategy_id, make_order_id or (lambda n: f"{run_id}-{n}"))
    report = _throttled(on_progress, sum(map(len, seen)))
    for (time_ns, phase), bars in _moments(seen):
        traded = [bar for bar in bars if bar.open_time_ns >= terms.start_time_ns]
        if phase == _OPEN:
            for bar in traded:
                book.open(bar)
            continue
        for bar in bars:
            if bar.open_time_ns < terms.start_time_ns:
                deciders[bar.symbol].warm_up((bar,))
        if traded:
            _decide(book, deciders, traded)
            book.close(time_ns)
        report(len(bars))
    asked = {name for decider in deciders.values() for name in decider.in_sample_models}
    return replace(book.result(), in_sample_models=tuple(sorted(asked)))


def _decide(book: Book, deciders: Mapping[str, Decider], bars: Sequence[Bar]) -> None:
    for bar in bars:
        book.mark(bar)
    for bar in bars:
        decider = deciders[bar.symbol]
        signal = decider.observe(bar)
        if signal is None:
            continue
        intent = decider.decide(bar, signal, book.view(bar.symbol))
        if intent is not None:
            book.submit(intent)


def _moments(series: Sequence[BarColumns]) -> Iterator[tuple[tuple[int, int], list[Bar]]]:
    """Yield each time and phase with the bars that close or open then, by symbol."""
    events = heapq.merge(*map(_bar_events, series), key=itemgetter(0, 1, 2))
    for moment, group in groupby(events, key=itemgetter(0, 1)):
        yield moment, [bar for _, _, _, bar in group]


def _bar_events(columns: BarColumns) -> Iterator[tuple[int, int, str, Bar]]:
    for bar in columns:
        yield bar.open_time_ns, _OPEN, bar.symbol, bar
        yield bar.close_time_ns, _CLOSE, bar.symbol, bar


def _throttled(on_progress: Progress | None, total: int) -> Callable[[int], None]:
    done = 0
    next_report = 0.0

    def report(count: int) -> None:
        nonlocal done, next_report
        done += count
        if on_progress is not None and (done >= next_report or done == total):
            next_report = done + total / _PROGRESS_STEPS
            on_progress(done / total)

    return report
