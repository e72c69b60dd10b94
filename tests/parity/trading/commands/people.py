"""What people do: consent, override, stop, re-arm, and mend what stops trading."""

from typing import Any

from tests.parity.trading.commands.base import Command
from tests.parity.trading.commands.limits import Limiting
from tests.parity.trading.commands.orders import Orders
from tests.parity.trading.model.state import Slot
from tests.parity.trading.world import DAY, HOUR, MINUTE, PEOPLE, PRICES


class People(Limiting, Orders):
    """What people do: consent, override, stop, re-arm, and mend what stops trading."""

    def approve(self) -> Command:
        orders = self.model.state.orders.values()
        waiting = [o for o in orders if o.state == "PENDING_APPROVAL"][-5:]
        if not waiting and self.pick((True, True, True, False)):
            return self.submit()
        order = self.pick(waiting) if waiting else self.an_order()
        order_id = order.terms["order_id"] if order else "nobody"
        consent = self.pick(({"grant": order_id}, {"grant": order_id}, {"deny": order_id}))
        approver = self.pick(("carol", "carol", "ann", "bob", ""))
        return {"type": "Approve", "approver": approver, "consent": consent, "note": "so"}

    def override(self) -> Command:
        rules = [
            "order_quantity",
            "order_notional",
            "price_collar",
            "position_notional",
            "gross",
            "net",
            "leverage",
            "concentration",
            "sector",
            "funds",
            "credit",
            "daily_loss",
            "drawdown",
            "value_at_risk",
            "volume_share",
            "order_rate",
            "open_orders",
            "nonsense",
        ]
        granted = {
            "rule": self.pick(rules),
            "strategy_id": self.pick((None, "momentum")),
            "symbol": self.pick((None, "SPY", "ES")),
            "until_ns": self.now + self.pick((HOUR, 3 * MINUTE, DAY, -1)),
        }
        return {"type": "Approve", "approver": "carol", "consent": {"override": granted}}

    def kill(self) -> Command:
        scope = self.pick((*[{"strategy": "momentum"}] * 2, {"strategy": "pairs"}, "account"))
        return {
            "type": "Kill",
            "scope": scope,
            "person": self.pick(PEOPLE),
            "note": "enough",
            "flatten": self.pick((True, False)),
        }

    def rearm(self) -> Command:
        """A step towards re-arming something that is stopped, or something that is not."""
        state = self.model.state
        stopped: list[Any] = [
            {"strategy": name.removeprefix("strategy ")} if " " in name else name
            for name in sorted(state.killed)
        ]
        stopped += [{"strategy": name} for name in sorted(state.disabled)]
        if not stopped and self.pick((True, True, True, False)):
            return self.submit()
        scope = self.pick([*stopped, *stopped, *stopped, "global"])
        confirm = self.pick((bool(state.rearming), bool(state.rearming), True, False))
        return {"type": "Rearm", "scope": scope, "person": self.pick(PEOPLE), "confirm": confirm}

    def trading_state(self) -> Command:
        chosen = self.pick(("ACTIVE", "ACTIVE", "ACTIVE", "REDUCING", "HALTED"))
        return {"type": "SetTradingState", "trading_state": chosen, "person": "carol"}

    def connection(self) -> Command:
        return {"type": "SetConnection", "connected": self.pick((True, True, False))}

    def mending(self) -> Command | None:
        """What lets trading go on, where something stops it."""
        state = self.model.state
        if state.killed or state.disabled:
            return self.rearm()
        if any(order.state == "PENDING_APPROVAL" for order in state.orders.values()):
            return self.approve()
        if not state.is_connected:
            return {"type": "SetConnection", "connected": True}
        if state.trading_state != "ACTIVE":
            return {"type": "SetTradingState", "trading_state": "ACTIVE", "person": "carol"}
        if state.limits and state.limits["trading_state"] != "ACTIVE":
            return self.limits()
        mended = (self.mended(slot) for slot in state.slots.values())
        return next((command for command in mended if command), None)

    def mended(self, slot: Slot) -> Command | None:
        """What lets an instrument be traded again."""
        expiry = slot.terms["expire_time_ns"]
        change: Command = {}
        if slot.lower_band or slot.upper_band:
            change = {"lower_band": 0, "upper_band": 0}
        elif slot.is_halted:
            change = {"is_halted": False}
        elif expiry is not None and expiry <= self.now:
            change = {"expire_time_ns": self.now + 400 * DAY}
        elif slot.trust != "FRESH":
            price = slot.price or PRICES[slot.symbol]
            return {"type": "Mark", "symbol": slot.symbol, "price": price, "source": "trade"}
        if not change:
            return None
        return {"type": "ChangeInstrument", "symbol": slot.symbol, "change": change}
