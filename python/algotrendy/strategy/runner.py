"""One strategy on one symbol: bars in, order intents out, by the rule that backtests run."""

from collections.abc import Iterable

from algotrendy.domain.bar import Bar, bar_fields
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import AccountView
from algotrendy.strategy.decision import Decision, Words, written
from algotrendy.strategy.holding import Holding
from algotrendy.strategy.model import Entry
from algotrendy.strategy.rule import Rule


class SymbolRunner:
    """A rule, followed over one symbol's bars.

    It is asked in two steps, because only a bar at which something holds needs a look at the
    account: `observe` a bar, then `decide` on it.

    Parameters
    ----------
    start_time_ns : int
        When the first bar that is decided on opens; no model is asked about a bar before.
    entry : Entry, optional
        Of what was held before a restart.
    """

    def __init__(
        self,
        rule: Rule,
        instrument: Instrument,
        start_time_ns: int = 0,
        entry: Entry | None = None,
    ) -> None:
        self._rule = rule
        self._instrument = instrument
        self._stream = rule.stream(instrument, start_time_ns)
        self.holding = Holding(entry)

    def warm_up(self, bars: Iterable[Bar]) -> None:
        """Take bars that are not decided on; those not newer than the last one change nothing."""
        for bar in bars:
            if not self.holding.has_seen(bar):
                self._take(bar)

    def observe(self, bar: Bar) -> bool:
        """Take the next bar and return whether it needs a decision.

        It needs none for a bar that is not newer than the last one: a repeated bar must not count
        twice.

        Raises
        ------
        InSampleError
            If a model has seen the bar's label, and is not asked with `in_sample=True`.
        """
        if self.holding.has_seen(bar):
            return False
        self._rule.require_out_of_sample(bar.symbol, bar.close_time_ns)
        return self._take(bar)

    def decide(self, bar: Bar, account: AccountView) -> Decision:
        """Return what is wanted at the close of the bar just observed."""
        close, opened = self._stream.decide(
            position=account.position,
            close=bar.close,
            equity=written(account.equity),
            is_working=account.has_working_order,
            bars_held=self.holding.look(account),
        )
        if close is not None:
            self.holding.clear()
        return Words(self._rule, bar, self._stream.model_outputs).decision(close, opened)

    def _take(self, bar: Bar) -> bool:
        needs_decision = self._stream.push(**bar_fields(bar, self._instrument))
        self.holding.count(bar, lambda: self._stream.exits)
        return needs_decision
