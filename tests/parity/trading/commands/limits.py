"""Limits of every kind and scope, at values that some orders break."""

from collections.abc import Sequence

from tests.parity.trading.commands.base import RARELY, SOMETIMES, TRADED, Command, Picking
from tests.parity.trading.world import DAY, HOUR, MINUTE, SECOND

BPS_BOUNDS = ("0", "10", "150.5", "2500", "20000")
AMOUNTS = ("0", "25000", "60000.01", "250000", "900000")


class Limiting(Picking):
    """Limits of every kind and scope, at values that some orders break."""

    def limits(self) -> Command:
        current = self.model.state.limits
        version = (current["version"] if current else 0) + self.pick((1, 1, 1, 1, 0))
        return {"type": "SetLimits", "limits": self.some_limits(version)}

    def some_limits(self, version: int) -> Command:
        pick = self.pick
        sets = {"global": self.limit_set(), "account": self.limit_set()}
        return {
            "version": version,
            **sets,
            "strategies": {"momentum": self.limit_set()} if pick(SOMETIMES) else {},
            "instruments": self.instrument_sets() if pick(SOMETIMES) else {},
            "sectors": {"coins": self.limit(AMOUNTS)} if pick(SOMETIMES) else {},
            "max_reference_age_ns": pick((*[40 * DAY] * 8, 12 * HOUR, 2 * MINUTE)),
            "collar_window_ns": pick((MINUTE, HOUR, 7)),
            "duplicate_window_ns": pick((0, 0, SECOND, MINUTE)),
            "order_to_trade_minimum": pick((0, 5, 20)),
            "allow_short": pick((True, True, False)),
            "locates": {"SPY": "150", "SAP": "0"} if pick(RARELY) else None,
            "self_trade": pick(("ALLOW", "CANCEL_NEWEST", "CANCEL_OLDEST", "CANCEL_BOTH")),
            "queue_when_closed": pick((True, False)),
            "restricted": pick(([], [], [], ["SAP"])),
            "permissions": self.permissions() if pick(RARELY) else {},
            "cancel_on_disconnect": pick((True, False)),
            "trading_state": pick((*["ACTIVE"] * 12, "REDUCING", "HALTED")),
            "max_mark_move_bps": pick((None, None, 50, 500)),
            "max_clock_skew_ns": pick((None, 2 * SECOND)),
            "approval_ttl_ns": pick((MINUTE, HOUR)),
        }

    def instrument_sets(self) -> Command:
        values = {"SPY": self.limit_set(), "BTCPERP": self.limit_set()}
        for limits in values.values():
            limits.pop("execution_rate", None)
        return values

    def permissions(self) -> Command:
        return self.pick(
            (
                {"traders": {"ann": None, "bob": ["SPY"]}},
                {"strategies": {"momentum": None, "pairs": []}},
            )
        )

    def limit(self, values: Sequence[str]) -> Command:
        return {"value": self.pick(values), "severity": self.pick(("HARD", "HARD", "SOFT"))}

    def limit_set(self) -> Command:
        """A few of the limits, each at a value that some orders break."""
        tables: dict[str, Sequence[str]] = {
            "max_order_quantity": ("100", "10", "25000", "0.5"),
            "max_order_notional": AMOUNTS[1:],
            "min_order_notional": ("0", "150.01", "20000"),
            "price_collar_bps": ("100", "3.5", "35"),
            "price_move_bps": ("100", "5000", "300.25"),
            "max_order_to_trade": ("1.5", "4", "100"),
            "max_position_quantity": ("150", "4", "30000"),
            "max_position_notional": AMOUNTS[1:],
            "max_open_orders": ("15", "3", "100"),
            "max_gross_notional": AMOUNTS[2:],
            "max_net_notional": AMOUNTS[2:],
            "max_leverage_bps": BPS_BOUNDS[2:],
            "max_concentration_bps": BPS_BOUNDS[2:],
            "max_credit": ("250000", "2000000", "10000000"),
            "max_volume_share_bps": ("1000", "150.5", "2"),
            "max_daily_loss": ("100", "5000", "100000"),
            "max_drawdown_bps": ("5", "150", "2500"),
            "max_value_at_risk": ("2000", "20000", "100000"),
        }
        rates = ("order_rate", "replace_rate", "execution_rate")
        chosen = {self.pick([*tables, *rates]) for _ in range(self.pick((0, 0, 1, 1, 2)))}
        return {
            name: self.rate_limit() if name in rates else self.limit(tables[name])
            for name in sorted(chosen)
        }

    def rate_limit(self) -> Command:
        return {
            "count": self.pick((20, 5, 1, 100)),
            "window_ns": self.pick((MINUTE, SECOND, HOUR)),
        }

    def covariance(self) -> Command:
        symbols = TRADED if self.pick((True, True, False)) else TRADED[:3]
        size = len(symbols)
        covariance = [
            400_000_000 if row == column else 90_000_000
            for row in range(size)
            for column in range(size)
        ]
        return {
            "type": "SetCovariance",
            "symbols": list(symbols),
            "covariance": covariance,
            "deviations_thousandths": self.pick((1645, 2326)),
        }
