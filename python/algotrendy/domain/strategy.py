"""What a strategy is told to do: kept by strategy, run by backtest, and the same in both."""

from dataclasses import dataclass
from decimal import Decimal

from algotrendy.domain.ids import ModelId
from algotrendy.errors import InvalidArgumentError

SYMBOL_COUNT_LIMIT = 1000


@dataclass(frozen=True)
class StrategySpec:
    """What a strategy does at a bar's close; `strategy.model.decide` is the rule.

    Parameters
    ----------
    symbols : tuple of str
        Each with the same rule.
    entry_probability, exit_probability : float
        A symbol is bought at the first or above, and sold at the second or below.
    position_weight : Decimal
        The share of the account's equity one symbol gets; above 0, at most 1.

    Raises
    ------
    InvalidArgumentError
        If a term is out of range; names the field.
    """

    symbols: tuple[str, ...]
    model_id: ModelId
    entry_probability: float
    exit_probability: float
    position_weight: Decimal

    def __post_init__(self) -> None:
        count = len(self.symbols)
        expected = f"1 to {SYMBOL_COUNT_LIMIT} symbols"
        _require("symbols", count, expected, holds=0 < count <= SYMBOL_COUNT_LIMIT)
        listed = ", ".join(self.symbols)
        _require("symbols", listed, "each symbol once", holds=len(set(self.symbols)) == count)
        _require("model_id", self.model_id, "a model", holds=bool(self.model_id))
        # Written so that NaN is refused, too.
        entry, leave, weight = self.entry_probability, self.exit_probability, self.position_weight
        _require("entry_probability", entry, "0 to 1", holds=0 <= entry <= 1)
        expected = f"0 to entry_probability, {entry}"
        _require("exit_probability", leave, expected, holds=0 <= leave <= entry)
        share = weight.is_finite() and 0 < weight <= 1
        _require("position_weight", weight, "above 0, at most 1", holds=share)


def _require(field: str, value: object, expected: str, *, holds: bool) -> None:
    if not holds:
        raise InvalidArgumentError(
            f"{field} is {value}; expected {expected}.", field=field, value=str(value)
        )
