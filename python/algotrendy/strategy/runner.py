"""One strategy on one symbol: bars in, order intents out; the same object live and in backtests."""

from collections.abc import Iterable

from algotrendy.domain.bar import Bar, bar_fields
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import AccountView, OrderIntent
from algotrendy.domain.strategy import StrategySpec
from algotrendy.strategy.model import decide
from algotrendy.strategy.ports import Model


class SymbolRunner:
    """A model's features and the rule, followed over one symbol's bars.

    It is asked in two steps, because only a bar with a probability needs a look at the account:
    `observe` a bar, then `decide` on it.

    Parameters
    ----------
    in_sample : bool
        Whether bars that the model was trained on may be decided on.
    """

    def __init__(
        self, spec: StrategySpec, instrument: Instrument, model: Model, *, in_sample: bool = False
    ) -> None:
        self._spec = spec
        self._instrument = instrument
        self._model = model
        self._in_sample = in_sample
        self._features = model.stream()
        # Open time of the newest bar seen; None before the first.
        self.last_open_time_ns: int | None = None

    def warm_up(self, bars: Iterable[Bar]) -> None:
        """Take bars that are not decided on; those not newer than the last one change nothing."""
        for bar in bars:
            self._push(bar)

    def observe(self, bar: Bar) -> float | None:
        """Take the next bar and return what the model says of it, 0 to 1.

        None while a feature has no value, and for a bar that is not newer than the last one: a
        repeated bar must not count twice.

        Raises
        ------
        InSampleError
            If the model has seen the bar's label, unless `in_sample`.
        """
        if not self._in_sample:
            self._model.terms.require_out_of_sample(bar.symbol, bar.close_time_ns)
        features = self._push(bar)
        return None if features is None else self._model.predict_row(features)

    def has_seen(self, bar: Bar) -> bool:
        """Whether the bar is not newer than the last one."""
        return self.last_open_time_ns is not None and bar.open_time_ns <= self.last_open_time_ns

    def decide(self, bar: Bar, probability: float, account: AccountView) -> OrderIntent | None:
        """Return the order wanted at the close of the bar just observed, if any."""
        return decide(self._spec, self._instrument, bar, probability, account)

    def _push(self, bar: Bar) -> list[float] | None:
        if self.has_seen(bar):
            return None
        self.last_open_time_ns = bar.open_time_ns
        return self._features.push(bar_fields(bar, self._instrument))
