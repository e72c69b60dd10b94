"""What a strategy is told to do: kept by strategy, run by backtest, and the same in both."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from algotrendy.errors import InvalidArgumentError

SYMBOL_COUNT_LIMIT = 1000


@dataclass(frozen=True)
class StrategySpec:
    """What a strategy does at a bar's close; `strategy.model.decide` is the rule.

    Parameters
    ----------
    symbols : tuple of str
        Each with the same rule.
    entry, exit : str
        Boolean expressions: when a symbol is bought, and when it is sold. `strategy.rule` reads
        them.
    position_weight : Decimal
        The share of the account's equity one symbol gets; above 0, at most 1.

    Raises
    ------
    InvalidArgumentError
        If a term is out of range; names the field.
    """

    symbols: tuple[str, ...]
    entry: str
    exit: str
    position_weight: Decimal

    def __post_init__(self) -> None:
        count = len(self.symbols)
        expected = f"1 to {SYMBOL_COUNT_LIMIT} symbols"
        _require("symbols", count, expected, holds=0 < count <= SYMBOL_COUNT_LIMIT)
        listed = ", ".join(self.symbols)
        _require("symbols", listed, "each symbol once", holds=len(set(self.symbols)) == count)
        weight = self.position_weight
        # Written so that NaN is refused, too.
        share = weight.is_finite() and 0 < weight <= 1
        _require("position_weight", weight, "above 0, at most 1", holds=share)


@dataclass(frozen=True, slots=True)
class Signal:
    """What a strategy's expressions say of one bar.

    Parameters
    ----------
    entry, exit : bool
        Whether they hold; what has no value does not.
    model_outputs : mapping of str to float
        What each model they ask said, by its id; one that said nothing is missing.
    """

    entry: bool
    exit: bool
    model_outputs: Mapping[str, float]


def _require(field: str, value: object, expected: str, *, holds: bool) -> None:
    if not holds:
        raise InvalidArgumentError(
            f"{field} is {value}; expected {expected}.", field=field, value=str(value)
        )
