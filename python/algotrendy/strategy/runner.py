"""One strategy on one symbol: bars in, order intents out, by the rule that backtests run."""

from collections.abc import Iterable
from dataclasses import dataclass

from algotrendy import _core
from algotrendy.domain.bar import Bar, bar_fields
from algotrendy.domain.fill import Fill
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import AccountView, ExitOrder, OrderIntent, Side
from algotrendy.strategy.rule import Rule


@dataclass(frozen=True, slots=True)
class Decision:
    """What is wanted at a bar's close: a position closed, then one opened."""

    close: OrderIntent | None = None
    open: OrderIntent | None = None

    @property
    def intents(self) -> tuple[OrderIntent, ...]:
        """The orders, in the order they are to be sent in."""
        return tuple(intent for intent in (self.close, self.open) if intent is not None)


class SymbolRunner:
    """A rule, followed over one symbol's bars.

    It is asked in two steps, because only a bar at which something holds needs a look at the
    account: `observe` a bar, then `decide` on it.

    Parameters
    ----------
    start_time_ns : int
        When the first bar that is decided on opens; no model is asked about a bar before.
    """

    def __init__(self, rule: Rule, instrument: Instrument, start_time_ns: int = 0) -> None:
        self._rule = rule
        self._instrument = instrument
        self._stream = rule.stream(instrument, start_time_ns)
        # Open time of the newest bar seen; None before the first.
        self.last_open_time_ns: int | None = None
        self._bar_count = 0
        # How many bars there were when what is held was bought.
        self._held_from: int | None = None
        self._exits: _core.RuleExits | None = None

    def warm_up(self, bars: Iterable[Bar]) -> None:
        """Take bars that are not decided on; those not newer than the last one change nothing."""
        for bar in bars:
            if not self.has_seen(bar):
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
        if self.has_seen(bar):
            return False
        self._rule.require_out_of_sample(bar.symbol, bar.close_time_ns)
        return self._take(bar)

    def has_seen(self, bar: Bar) -> bool:
        """Whether the bar is not newer than the last one."""
        return self.last_open_time_ns is not None and bar.open_time_ns <= self.last_open_time_ns

    def decide(self, bar: Bar, account: AccountView) -> Decision:
        """Return what is wanted at the close of the bar just observed."""
        if account.position == 0 and not account.has_working_order:
            self._held_from = self._exits = None
        close, opened = self._stream.decide(
            position=account.position,
            close=bar.close,
            equity=None if account.equity is None else f"{account.equity:f}",
            is_working=account.has_working_order,
            bars_held=self._bars_held(),
        )
        if close is not None:
            self._held_from = self._exits = None
        if opened is not None:
            self._exits = opened["exits"]
        return Decision(
            None if close is None else self._intent(bar, close, reduce_only=True),
            None if opened is None else self._intent(bar, opened, reduce_only=False),
        )

    def entered(self, fill: Fill, average_price: int, position: int) -> list[ExitOrder]:
        """Note that its entry filled and return what protects what is held.

        Parameters
        ----------
        average_price : int
            Of all fills of the entry, in units of the instrument; as `position`, what is held.
        """
        if self._held_from is None:
            self._held_from = self._bar_count
        is_held = position > 0 if fill.side is Side.BUY else position < 0
        if not self._exits or not is_held:
            return []
        orders = self._exits.orders(fill.side.value, average_price)
        return [
            ExitOrder(
                side=Side(order["side"]),
                order_type=order["order_type"],
                quantity=abs(position),
                limit_price=order["limit_price"],
                stop_price=order["stop_price"],
                trail_offset=order["trail_offset"],
                trail_bps=order["trail_bps"],
            )
            for order in orders
        ]

    def _take(self, bar: Bar) -> bool:
        self.last_open_time_ns = bar.open_time_ns
        self._bar_count += 1
        return self._stream.push(**bar_fields(bar, self._instrument))

    def _bars_held(self) -> int:
        return 0 if self._held_from is None else self._bar_count - self._held_from

    def _intent(self, bar: Bar, intent: "_core.RuleIntent", *, reduce_only: bool) -> OrderIntent:
        return OrderIntent(
            symbol=bar.symbol,
            side=Side(intent["side"]),
            quantity=intent["quantity"],
            bar_close_time_ns=bar.close_time_ns,
            cause=intent["cause"],
            expression=self._rule.text_of(intent["cause"]),
            model_outputs=self._stream.model_outputs,
            reduce_only=reduce_only,
        )
