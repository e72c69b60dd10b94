"""Random orders, alone and in lists, changed and canceled; some wrong, some told twice."""

from collections.abc import Sequence

from tests.parity.trading.commands.base import RARELY, SOMETIMES, TRADED, Command, Picking
from tests.parity.trading.world import (
    DAY,
    HOUR,
    INSTRUMENTS,
    MINUTE,
    PRICES,
    SECOND,
    STRATEGIES,
    TRADERS,
)


class Orders(Picking):
    """Random orders, alone and in lists, changed and canceled; some wrong, some told twice."""

    def terms(self, symbol: str | None = None, side: str | None = None) -> Command:
        symbol = symbol or self.pick([*TRADED, *TRADED, *TRADED, "VIX"])
        side = side or self.pick(("BUY", "SELL"))
        kind = self.pick(
            ("MARKET", "LIMIT", "LIMIT", "LIMIT", "STOP", "STOP_LIMIT", "TRAILING_STOP")
        )
        order_id = self.name("o")
        return {
            "order_id": order_id,
            "client_order_id": f"c-{order_id}",
            "symbol": symbol,
            "side": side,
            "order_type": kind,
            "quantity": self.quantity(symbol),
            **self.prices_of(kind, symbol),
            **self.lifetime(),
            "post_only": kind == "LIMIT" and self.pick(RARELY),
            "reduce_only": self.reduces(symbol, side) or self.pick(RARELY),
            "strategy_id": self.pick(STRATEGIES),
            "trader_id": self.pick(TRADERS),
        }

    def reduces(self, symbol: str, side: str) -> bool:
        held = self.model.state.slots[symbol].quantity
        return held * (1 if side == "SELL" else -1) > 0 and self.pick(SOMETIMES)

    def prices_of(self, kind: str, symbol: str) -> Command:
        prices: Command = {}
        if kind in ("LIMIT", "STOP_LIMIT"):
            prices["limit_price"] = self.price_near(symbol)
        if kind in ("STOP", "STOP_LIMIT"):
            prices["stop_price"] = self.price_near(symbol)
        if kind == "TRAILING_STOP":
            tick = self.model.state.slots[symbol].terms["tick_size"]
            prices["trail"] = self.pick(({"bps": 50}, {"offset": tick * 7}))
            if self.pick(SOMETIMES):
                prices["stop_price"] = self.price_near(symbol)
        return prices

    def lifetime(self) -> Command:
        kind = self.pick(("GTC", "GTC", "GTC", "DAY", "GTD", "IOC", "FOK"))
        now = self.now
        if kind == "GTD" or (kind == "DAY" and self.pick(SOMETIMES)):
            return {
                "time_in_force": kind,
                "expire_time_ns": now + self.pick((HOUR, MINUTE, 3 * HOUR, DAY, 0, -1)),
            }
        return {"time_in_force": kind}

    def submit(self) -> Command:
        terms = self.terms()
        if terms["post_only"]:
            terms["time_in_force"], _ = "GTC", terms.pop("expire_time_ns", None)
        if self.pick(RARELY):
            terms["sending_time_ns"] = self.now + self.pick((0, -SECOND, SECOND, 20 * SECOND))
        return {"type": "Submit", **terms}

    def submit_again(self) -> Command:
        """The same order again, or what it could be mistaken for."""
        order = self.an_order()
        if order is None:
            return self.submit()
        terms = dict(order.terms)
        match self.pick(("same", "retried", "other id", "other terms", "id of another")):
            case "retried":
                terms["order_id"] = self.name("o")
            case "other id":
                terms["order_id"] = self.name("o")
                terms["client_order_id"] = self.name("c")
            case "other terms":
                terms["quantity"] += INSTRUMENTS[terms["symbol"]]["lot_size"]
            case "id of another":
                terms["client_order_id"] = self.name("c")
        return {"type": "Submit", **terms}

    def submit_wrongly(self) -> Command:
        command = self.submit()
        symbol = command["symbol"]
        wrong: Sequence[Command] = (
            {"quantity": 0},
            {"quantity": -INSTRUMENTS[symbol]["lot_size"]},
            {"symbol": "NONE"},
            {"order_id": ""},
            {"limit_price": PRICES[symbol] if command["order_type"] == "MARKET" else None},
            {"stop_price": PRICES[symbol] if command["order_type"] == "LIMIT" else None},
            {"trail": {"bps": 10_000}},
            {"time_in_force": "GTC", "expire_time_ns": self.now + HOUR},
            {"time_in_force": "GTD", "expire_time_ns": None},
        )
        return {**command, **self.pick(wrong)}

    def submit_list(self) -> Command:
        contingency = self.pick(("BRACKET", "OCO", "OTO"))
        symbol = self.pick(TRADED)
        first = self.terms(symbol)
        count = self.pick((2, 3))
        other = "SELL" if first["side"] == "BUY" else "BUY"
        orders = [first]
        for _ in range(count - 1):
            side = first["side"] if contingency == "OCO" else other
            orders.append({**self.terms(symbol, side), "quantity": first["quantity"]})
        if contingency == "OTO" and self.pick(SOMETIMES):
            orders[-1]["side"] = first["side"]
        for order in orders:
            order["post_only"] = False
            order["strategy_id"] = first["strategy_id"]
        return {
            "type": "SubmitList",
            "list_id": self.name("list"),
            "contingency": contingency,
            "orders": orders,
        }

    def replace(self) -> Command:
        working = [o for o in self.model.state.open_orders() if o.state == "ACCEPTED"][-8:]
        order = self.pick(working) if working and self.pick((True, True, False)) else None
        order = order or self.an_order(is_open=True)
        if order is None:
            return self.submit()
        terms = order.terms
        lot = INSTRUMENTS[terms["symbol"]]["lot_size"]
        changes: list[Command] = [
            {name: self.price_near(terms["symbol"])}
            for name in ("limit_price", "stop_price")
            if terms[name] is not None or self.pick(RARELY)
        ]
        if order.place is None or self.pick(RARELY):
            change = self.pick((-1, 1, -5, 10, 0, -10_000)) * lot
            changes.append({"quantity": max(terms["quantity"] + change, lot)})
        replacement: Command = {}
        for change in changes:
            if not replacement or self.pick((True, False)):
                replacement |= change
        return {"type": "Replace", "order_id": terms["order_id"], "replacement": replacement}

    def cancel(self) -> Command:
        order = self.an_order(is_open=self.pick((True, True, True, False)))
        if order is None or self.pick(RARELY):
            return {"type": "Cancel", "order_id": "nobody"}
        return {"type": "Cancel", "order_id": order.terms["order_id"]}

    def cancel_all(self) -> Command:
        return {
            "type": "CancelAll",
            "symbol": self.pick((None, *TRADED)),
            "strategy_id": self.pick(("momentum", None)),
        }

    def close_position(self) -> Command:
        held = [s.symbol for s in self.model.state.slots.values() if s.quantity]
        order_id = self.name("close")
        return {
            "type": "ClosePosition",
            "symbol": self.pick(held or TRADED),
            "order_id": order_id,
            "client_order_id": order_id,
            "strategy_id": self.pick(STRATEGIES),
        }
