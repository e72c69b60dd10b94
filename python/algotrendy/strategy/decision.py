"""What a rule wants at a bar's close, as orders: made of what the core decides."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from algotrendy import _core
from algotrendy.domain.bar import Bar
from algotrendy.domain.order import OrderIntent, Side
from algotrendy.domain.venue import VenueTerms
from algotrendy.strategy.rule import Rule


@dataclass(frozen=True, slots=True)
class EntryIntent:
    """An order that opens a position, or adds to one, and what it gets as it fills.

    Parameters
    ----------
    intent : OrderIntent
        Its quantity is 0 where that depends on the open at which it fills.
    amount : RuleAmount
        How much it is for.
    bar : Bar
        That it was decided on.
    """

    intent: OrderIntent
    amount: "_core.RuleAmount"
    exits: "_core.RuleExits"
    bar: Bar

    @property
    def is_sized(self) -> bool:
        """Whether its quantity is known before the open at which it fills."""
        return self.amount.units is not None

    def at_open(self, open_price: int, equity: Decimal | None, venue: VenueTerms) -> "EntryIntent":
        """Return it sized at an open, in units of the instrument; perhaps for nothing."""
        units = self.amount.units_at_open(
            open=open_price, equity=written(equity), venue=venue.to_config()
        )
        return self.of(units)

    def of(self, quantity: int) -> "EntryIntent":
        """Return it for another quantity."""
        return replace(self, intent=replace(self.intent, quantity=quantity))


@dataclass(frozen=True, slots=True)
class Decision:
    """What is wanted at a bar's close: a position closed, then one opened."""

    close: OrderIntent | None = None
    open: EntryIntent | None = None

    @property
    def intents(self) -> tuple[OrderIntent, ...]:
        """The orders, in the order they are to be sent in."""
        opened = None if self.open is None else self.open.intent
        return tuple(intent for intent in (self.close, opened) if intent is not None)


class Words:
    """Makes orders of what the core decides about a bar."""

    def __init__(self, rule: Rule, bar: Bar, model_outputs: Mapping[str, float]) -> None:
        self._rule = rule
        self._bar = bar
        self._model_outputs = model_outputs

    def decision(
        self, close: "_core.RuleIntent | None", opened: "_core.RuleIntent | None"
    ) -> Decision:
        """Return what is closed and what is opened."""
        return Decision(
            None
            if close is None
            else self.exit(Side(close["side"]), _units(close), close["cause"]),
            None if opened is None else self.entry(opened),
        )

    def entry(self, intent: "_core.RuleIntent") -> EntryIntent:
        """Return what is opened."""
        order = self._order(Side(intent["side"]), _units(intent), intent["cause"])
        return EntryIntent(order, intent["amount"], intent["exits"], self._bar)

    def exit(self, side: Side, quantity: int, cause: str) -> OrderIntent:
        """Return what is closed."""
        return replace(self._order(side, quantity, cause), reduce_only=True)

    def _order(self, side: Side, quantity: int, cause: str) -> OrderIntent:
        return OrderIntent(
            symbol=self._bar.symbol,
            side=side,
            quantity=quantity,
            bar_close_time_ns=self._bar.close_time_ns,
            cause=cause,
            expression=self._rule.text_of(cause),
            model_outputs=self._model_outputs,
        )


def written(equity: Decimal | None) -> str | None:
    """Return what an account is worth as the core reads it."""
    return None if equity is None else f"{equity:f}"


def _units(intent: "_core.RuleIntent") -> int:
    return intent["amount"].units or 0
