"""One strategy on one symbol: bars in, order intents out; the same object live and in backtests."""

from collections.abc import Iterable

from algotrendy.domain.bar import Bar, bar_fields
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import AccountView, OrderIntent
from algotrendy.domain.strategy import Signal
from algotrendy.strategy.model import decide
from algotrendy.strategy.rule import Rule


class SymbolRunner:
    """A rule, followed over one symbol's bars.

    It is asked in two steps, because only a bar at which something holds needs a look at the
    account: `observe` a bar, then `decide` on it.

    Parameters
    ----------
    start_time_ns : int, optional
        Models are asked about every bar that opens then or later, also in the warm-up: after a
        restart, what an expression remembers of a model is what it was. None: not in the warm-up.
    """

    def __init__(
        self, rule: Rule, instrument: Instrument, start_time_ns: int | None = None
    ) -> None:
        self._rule = rule
        self._instrument = instrument
        self._start_time_ns = start_time_ns
        self._stream = rule.stream()
        self.in_sample_models = rule.in_sample_models
        # Open time of the newest bar seen; None before the first.
        self.last_open_time_ns: int | None = None

    def warm_up(self, bars: Iterable[Bar]) -> None:
        """Take bars that are not decided on; those not newer than the last one change nothing."""
        for bar in bars:
            if not self.has_seen(bar):
                self.last_open_time_ns = bar.open_time_ns
                start_ns = self._start_time_ns
                is_traded = start_ns is not None and bar.open_time_ns >= start_ns
                take = self._stream.push if is_traded else self._stream.warm_up
                take(bar_fields(bar, self._instrument))

    def observe(self, bar: Bar) -> Signal | None:
        """Take the next bar and return what the expressions say of it.

        None where neither holds, and for a bar that is not newer than the last one: a repeated bar
        must not count twice.

        Raises
        ------
        InSampleError
            If a model has seen the bar's label, and is not asked with `in_sample=True`.
        """
        if self.has_seen(bar):
            return None
        self._rule.require_out_of_sample(bar.symbol, bar.close_time_ns)
        self.last_open_time_ns = bar.open_time_ns
        signal = self._stream.push(bar_fields(bar, self._instrument))
        return signal if signal.entry or signal.exit else None

    def has_seen(self, bar: Bar) -> bool:
        """Whether the bar is not newer than the last one."""
        return self.last_open_time_ns is not None and bar.open_time_ns <= self.last_open_time_ns

    def decide(self, bar: Bar, signal: Signal, account: AccountView) -> OrderIntent | None:
        """Return the order wanted at the close of the bar just observed, if any."""
        return decide(self._rule.spec, self._instrument, bar, signal, account)
