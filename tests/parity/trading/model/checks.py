"""The pre-trade checks: the rules in the order they are made, and which breach decides."""

from collections.abc import Iterator
from decimal import Decimal

from tests.parity.trading.model import exposure, limits
from tests.parity.trading.model.rules import (
    credit,
    instrument,
    loss,
    order,
    permission,
    portfolio,
    position,
    price,
    self_trade,
    traffic,
)
from tests.parity.trading.model.rules.candidate import Breach, Candidate, Rule
from tests.parity.trading.model.rules.self_trade import crossed

__all__ = ["Breach", "Candidate", "crossed", "decide"]

RULES: dict[str, Rule] = {
    "tradable": instrument.tradable,
    "halted": instrument.halted,
    "expired": instrument.expired,
    "order_quantity": order.order_quantity,
    "order_notional": order.order_notional,
    "order_notional_minimum": order.order_notional_minimum,
    "reference_present": price.reference_present,
    "rate_present": price.rate_present,
    "reference_age": price.reference_age,
    "price_collar": price.price_collar,
    "price_move": price.price_move,
    "duplicate_terms": traffic.duplicate_terms,
    "order_rate": traffic.order_rate,
    "replace_rate": traffic.replace_rate,
    "order_to_trade": traffic.order_to_trade,
    "strategy_disabled": traffic.strategy_disabled,
    "position_quantity": position.position_quantity,
    "position_notional": position.position_notional,
    "open_orders": position.open_orders,
    "positions_valued": portfolio.positions_valued,
    "gross": portfolio.gross,
    "net": portfolio.net,
    "leverage": portfolio.leverage,
    "concentration": portfolio.concentration,
    "sector": portfolio.sector,
    "funds": portfolio.funds,
    "credit": credit.credit,
    "short": position.short,
    "locate": position.locate,
    "reduce_only": position.reduce_only,
    "self_trade": self_trade.self_trade,
    "market_hours": instrument.market_hours,
    "order_cutoff": instrument.order_cutoff,
    "price_band": instrument.price_band,
    "restricted": permission.restricted,
    "trader_permission": permission.trader_permission,
    "strategy_permission": permission.strategy_permission,
    "volume_share": order.volume_share,
    "daily_loss": loss.daily_loss,
    "drawdown": loss.drawdown,
    "value_at_risk": loss.value_at_risk,
    "kill_switch": permission.kill_switch,
    "connection": permission.connection,
    "trading_halted": permission.trading_halted,
    "trading_reducing": permission.trading_reducing,
    "market_data": price.market_data,
    "clock": price.clock_skew,
    "expire_time": instrument.expire_time,
}
OVERRIDABLE = [
    "order_quantity",
    "order_notional",
    "order_notional_minimum",
    "price_collar",
    "price_move",
    "duplicate_terms",
    "order_rate",
    "replace_rate",
    "order_to_trade",
    "position_quantity",
    "position_notional",
    "open_orders",
    "gross",
    "net",
    "leverage",
    "concentration",
    "sector",
    "credit",
    "locate",
    "volume_share",
    "daily_loss",
    "drawdown",
    "value_at_risk",
]


def breaches(candidate: Candidate) -> Iterator[Breach]:
    """What each rule finds, at most one breach a rule, in the order of the rules."""
    if candidate.state.limits is None:
        yield Breach("LIMITS_MISSING", rule="limits_present")
        return
    for name, rule in RULES.items():
        terms = candidate.terms
        if limits.is_overridden(
            candidate.state, name, candidate.strategy, terms["symbol"], candidate.time_ns
        ):
            continue
        found = found_by(candidate, rule)
        if found is not None:
            yield Breach(found.reason, found.severity, found.limit, found.observed, name)


def found_by(candidate: Candidate, rule: Rule) -> Breach | None:
    """The tightest of the hard breaches, else of the soft ones: the one with the least room."""
    try:
        found = list(rule(candidate))
    except exposure.Unvalued:
        # `reference_present`, `rate_present` or `positions_valued` says so.
        return None
    hard = [breach for breach in found if breach.severity == "HARD"]
    sign = -1 if rule is order.order_notional_minimum else 1

    def room(breach: Breach) -> tuple[bool, Decimal]:
        """What cannot be measured has less room than anything else."""
        limit = breach.limit or Decimal(0)
        observed = breach.observed
        return observed is not None, sign * (limit - (observed or Decimal(0)))

    return min(hard or found, key=room, default=None)


def decide(candidate: Candidate, *, soft_counts: bool) -> Breach | None:
    """The breach that decides: the first hard one, else the first soft one, if those count."""
    found = list(breaches(candidate))
    hard = [breach for breach in found if breach.severity == "HARD" or breach.rule == ""]
    soft = found if soft_counts else []
    return next(iter(hard or soft), None)
