"""What is kept of a backtest as JSON: its strategy, its terms, its outcome."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from algotrendy.backtest.model import (
    BacktestOutcome,
    BacktestTerms,
    Finish,
    StrategyTerms,
    TradeStatistics,
)
from algotrendy.domain.ids import StrategyId
from algotrendy.domain.limits import Limits
from algotrendy.domain.statistics import BacktestStatistics
from algotrendy.domain.strategy_document import spec_from_document, spec_to_document
from algotrendy.domain.venue import VenueTerms


def of_strategy(strategy: StrategyTerms) -> dict[str, Any]:
    """Return a strategy's terms as plain values."""
    return {
        "strategy_id": strategy.strategy_id,
        "spec": spec_to_document(strategy.spec),
        "in_sample_models": list(strategy.in_sample_models),
    }


def strategy_of(document: Mapping[str, Any]) -> StrategyTerms:
    """Return the terms that `of_strategy` wrote."""
    return StrategyTerms(
        strategy_id=StrategyId(document["strategy_id"]),
        spec=spec_from_document(document["spec"]),
        in_sample_models=tuple(document["in_sample_models"]),
    )


def of_terms(terms: BacktestTerms) -> dict[str, Any]:
    """Return the terms of a run as plain values."""
    venue_terms = terms.venue_terms
    return {
        **vars(terms),
        "initial_cash": f"{terms.initial_cash:f}",
        "venue_terms": None if venue_terms is None else venue_terms.to_config(),
        "limits": terms.limits.to_core(),
        "finish": terms.finish.value,
        "parameters": dict(terms.parameters),
    }


def terms_of(document: Mapping[str, Any]) -> BacktestTerms:
    """Return the terms that `of_terms` wrote."""
    venue_terms = document["venue_terms"]
    return BacktestTerms(
        **{
            **document,
            "initial_cash": Decimal(document["initial_cash"]),
            "venue_terms": None if venue_terms is None else VenueTerms.from_config(venue_terms),
            "limits": Limits.from_core(document["limits"]),
            "finish": Finish(document["finish"]),
        }
    )


def of_outcome(outcome: BacktestOutcome) -> dict[str, Any]:
    """Return what a run amounts to as plain values; a number that is none is text, as `nan`."""
    plain: dict[str, Any] = _plain(asdict(outcome))
    return plain


def outcome_of(document: Mapping[str, Any]) -> BacktestOutcome:
    """Return the outcome that `of_outcome` wrote."""
    trades = document["trades"]
    return BacktestOutcome(
        **{
            **document,
            "final_equity": Decimal(document["final_equity"]),
            "total_fees": Decimal(document["total_fees"]),
            "statistics": BacktestStatistics(
                **{name: float(value) for name, value in document["statistics"].items()}
            ),
            "trades": None if trades is None else _trades(trades),
        }
    )


def _trades(document: Mapping[str, Any]) -> TradeStatistics:
    ratios = {
        name: None if document[name] is None else float(document[name])
        for name in ("win_rate", "profit_factor", "average_trade", "exposure", "turnover")
    }
    return TradeStatistics(**{**document, **ratios, "slippage": Decimal(document["slippage"])})


def _plain(value: Any) -> Any:  # noqa: ANN401  # Whatever an outcome holds.
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, Decimal):
        return f"{value:f}"
    # JSON has no infinity: a few bars may compound to it.
    is_number = not isinstance(value, float) or value - value == 0
    return value if is_number else str(value)
