"""Explains a backtest: what came out, at what risk and cost, and why, each with its number."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from algotrendy.agent.model import Backtest
from algotrendy.agent.wording import (
    counted,
    day,
    gain,
    listed,
    money,
    number,
    percent,
    sentences,
)
from algotrendy.domain.fill import RoundTrip
from algotrendy.domain.order import Side
from algotrendy.domain.statistics import DAYS_PER_YEAR, YEAR_NS, BacktestStatistics

# Below it, an average says little.
_FEW_TRADES: Final = 30


def explain(
    title: str,
    backtest: Backtest,
    statistics: BacktestStatistics,
    trips: Sequence[RoundTrip],
    still_held: Sequence[str],
    changes: Mapping[str, float | None],
    currency: str,
) -> str:
    """Return the explanation of a backtest that has succeeded.

    Parameters
    ----------
    title : str
        What it is called at the beginning of the text.
    changes : mapping of str to float or None
        What each symbol did over the same time, as a fraction; None where that is unknown.
    """
    return sentences(
        [
            _outcome(title, backtest, statistics, currency),
            _risk(backtest, statistics),
            _activity(backtest, statistics, trips, still_held),
            _extremes(trips, currency),
            _costs(backtest, currency),
            _reasons(backtest, trips, currency),
            _holding(statistics, changes),
            _warnings(backtest, trips),
        ]
    )


def _outcome(title: str, backtest: Backtest, statistics: BacktestStatistics, currency: str) -> str:
    years = (backtest.end_time_ns - backtest.start_time_ns) / YEAR_NS
    yearly = f", {percent(statistics.cagr)} a year (CAGR)" if years >= 1 else ""
    made = "made" if statistics.total_return >= 0 else "lost"
    return (
        f"{title} traded {listed(backtest.symbols)} from {day(backtest.start_time_ns)} to "
        f"{day(backtest.end_time_ns)} and {made} {percent(abs(statistics.total_return))}{yearly}: "
        f"{money(backtest.initial_cash, currency)} became {money(backtest.final_equity, currency)}."
    )


def _risk(backtest: Backtest, statistics: BacktestStatistics) -> str:
    drawdown = f"On the way it fell at most {percent(statistics.max_drawdown)} from a peak"
    if statistics.max_drawdown > 0 and statistics.cagr > 0:
        ratio = statistics.cagr / statistics.max_drawdown
        drawdown += f", so that a year's return was {ratio:.2f} times the worst fall"
    return (
        f"{drawdown}. Its Sharpe ratio was {statistics.sharpe_ratio:.2f}"
        f"{_standard_error(backtest, statistics)}: the mean over the standard deviation of "
        "daily returns, times the root of 252, without a risk-free rate; the volatility was "
        f"{percent(statistics.volatility)} a year."
    )


def _standard_error(backtest: Backtest, statistics: BacktestStatistics) -> str:
    """Return the Sharpe ratio's standard error, for independent daily returns (Lo 2002)."""
    days = (backtest.end_time_ns - backtest.start_time_ns) / YEAR_NS * DAYS_PER_YEAR
    if days < _FEW_TRADES:
        return ""
    error = ((DAYS_PER_YEAR + statistics.sharpe_ratio**2 / 2) / days) ** 0.5
    return f", give or take {error:.2f} (one standard error, by its {days:,.0f} days)"


def _activity(
    backtest: Backtest,
    statistics: BacktestStatistics,
    trips: Sequence[RoundTrip],
    still_held: Sequence[str],
) -> str:
    refused = f" ({backtest.rejected_count:,} of them refused)" if backtest.rejected_count else ""
    held = f" ({listed(still_held)} still held at the end)" if still_held else ""
    return (
        f"It sent {counted(backtest.order_count, 'order')}{refused}, had "
        f"{counted(backtest.fill_count, 'fill')} in {counted(len(trips), 'finished trade')}{held}, "
        f"and was in the market at {percent(statistics.time_in_market)} of the bar closes."
    )


def _extremes(trips: Sequence[RoundTrip], currency: str) -> str:
    if not trips:
        return ""
    best = max(trips, key=lambda trip: trip.pnl)
    worst = min(trips, key=lambda trip: trip.pnl)
    if best is worst:
        return f"The trade: {_trip(best, currency)}."
    return f"The best trade: {_trip(best, currency)}; the worst: {_trip(worst, currency)}."


def _trip(trip: RoundTrip, currency: str) -> str:
    first, then = ("bought", "sold") if trip.side is Side.BUY else ("sold short", "bought back")
    return (
        f"{gain(trip.pnl, currency)} with {number(trip.quantity)} {trip.symbol}, {first} "
        f"{day(trip.entry_time_ns)} at {number(trip.entry_price)}, {then} "
        f"{day(trip.exit_time_ns)} at {number(trip.exit_price)}"
    )


def _costs(backtest: Backtest, currency: str) -> str:
    share = ""
    if backtest.initial_cash > 0:
        fees = float(backtest.total_fees / backtest.initial_cash)
        share = f", {percent(fees)} of the initial cash"
    return (
        f"Fees of {number(backtest.fee_bps)} bp a fill took "
        f"{money(backtest.total_fees, currency)}{share}; slippage of "
        f"{number(backtest.slippage_bps)} bp a fill is in the prices."
    )


def _reasons(backtest: Backtest, trips: Sequence[RoundTrip], currency: str) -> str:
    wins = [trip.pnl for trip in trips if trip.pnl > 0]
    losses = [trip.pnl for trip in trips if trip.pnl <= 0]
    if not trips:
        return "Why: it finished no trade, so its rule hardly ever said to trade." * (
            backtest.fill_count == 0
        )
    words = [f"Why: {len(wins):,} of {counted(len(trips), 'trade')} won"]
    if wins and losses:
        won, lost = _mean(wins), -_mean(losses)
        larger = "larger" if won >= lost else "smaller"
        words.append(
            f"; an average win of {money(won, currency)} was {larger} than an average loss of "
            f"{money(lost, currency)}, and "
            f"{_balance(len(wins) / len(trips), sum(wins + losses, Decimal(0)), larger)}"
        )
    return sentences(["".join(words) + ".", _cost_reason(backtest), _luck(trips, currency)])


def _balance(win_rate: float, total: Decimal, larger: str) -> str:
    often = "often" if win_rate >= 0.5 else "seldom"  # noqa: PLR2004  # Half.
    if total >= 0:
        return {
            ("often", "larger"): "it won at least as often as it lost: both worked for it",
            ("often", "smaller"): "winning often paid for the larger losses",
            ("seldom", "larger"): "the size of its wins paid for their being the fewer",
        }.get((often, larger), "together they came out ahead")
    return {
        (
            "often",
            "smaller",
        ): "winning no less often did not pay for the larger losses",
        ("seldom", "larger"): "the size of its wins did not pay for their being the fewer",
        ("seldom", "smaller"): "it lost more often than it won: both worked against it",
    }.get((often, larger), "together they came out behind")


def _cost_reason(backtest: Backtest) -> str:
    profit = backtest.final_equity - backtest.initial_cash
    gross = profit + backtest.total_fees
    if gross > 0 > profit:
        return "Without fees it would have made money."
    if gross > 0 and backtest.total_fees:
        return f"Fees took {percent(float(backtest.total_fees / gross))} of the profit before them."
    return ""


def _luck(trips: Sequence[RoundTrip], currency: str) -> str:
    total = sum((trip.pnl for trip in trips), Decimal(0))
    best = max(trip.pnl for trip in trips)
    if total > 0 and best > total / 2 and len(trips) > 1:
        rest = total - best
        return f"Without its best trade it would have come to {gain(rest, currency)}."
    return ""


def _holding(statistics: BacktestStatistics, changes: Mapping[str, float | None]) -> str:
    known = {symbol: change for symbol, change in changes.items() if change is not None}
    if not known:
        return ""
    told = listed(f"{symbol} {percent(change)}" for symbol, change in known.items())
    average = sum(known.values()) / len(known)
    verdict = "more" if statistics.total_return > average else "less"
    return f"Buying and holding instead returned {told} before costs: the strategy made {verdict}."


def _warnings(backtest: Backtest, trips: Sequence[RoundTrip]) -> str:
    few = (
        f"With {counted(len(trips), 'finished trade')}, luck can explain much of it."
        if len(trips) < _FEW_TRADES
        else ""
    )
    seen = (
        "A model may have seen these bars in training (in-sample), so none of this is evidence."
        if backtest.in_sample
        else ""
    )
    return sentences([seen, few])


def _mean(values: Iterable[Decimal]) -> Decimal:
    found = list(values)
    return sum(found, Decimal(0)) / len(found)
