"""Random commands about a world, most of them sensible, some of them wrong.

Every choice is one `pick` from a sequence, so that the same code serves a seeded generator and
Hypothesis, which shrinks each choice towards the first of its options.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from tests.parity.trading.model import NaiveCore
from tests.parity.trading.model.orders import Order
from tests.parity.trading.world import (
    DAY,
    HOUR,
    INSTRUMENTS,
    MINUTE,
    PEOPLE,
    PRICES,
    SECOND,
    SIZES,
    STRATEGIES,
    TRADERS,
)

T = TypeVar("T")
Pick = Callable[[Sequence[Any]], Any]
Command = dict[str, Any]
TRADED = [symbol for symbol in INSTRUMENTS if symbol != "VIX"]
RARELY = (*[False] * 9, True)
SOMETIMES = (False, False, False, True)
BPS_BOUNDS = ("0", "10", "150.5", "2500", "20000")
AMOUNTS = ("0", "25000", "60000.01", "250000", "900000")


class Commands:
    """Makes commands that fit what the model's account is now."""

    def __init__(self, pick: Pick, model: NaiveCore) -> None:
        self.pick = pick
        self.model = model
        self.count = 0

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    # Orders.

    def price_near(self, symbol: str, moves: Sequence[int] = (0, 5, -5, 40, -40, 300, -300)) -> int:
        """A price some bps from the reference, on the tick."""
        reference = self.model.state.slots[symbol].price or PRICES[symbol]
        tick = self.model.state.slots[symbol].terms["tick_size"]
        steps = round(reference * (10_000 + self.pick(moves)) / 10_000 / tick)
        price = steps * tick
        return price if price > 0 or symbol == "SPREAD" else tick

    def quantity(self, symbol: str) -> int:
        size, lot = SIZES[symbol], self.model.state.slots[symbol].terms["lot_size"]
        share = self.pick((10, 1, 5, 20, 33, 80))
        return max(size * share // 10 // lot, 1) * lot

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

    @property
    def now(self) -> int:
        return self.model.state.time_ns or 0

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

    def an_order(self, *, is_open: bool = False) -> Order | None:
        orders = [o for o in self.model.state.orders.values() if o.is_open or not is_open]
        if self.pick((True, True, True, False)):
            orders = [o for o in orders if o.state != "REJECTED"]
        recent = orders[-25:]
        return self.pick(recent[::-1]) if recent else None

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

    # The venue.

    def report(self) -> Command:
        """What a well-behaved venue would tell next about an open order."""
        orders = [
            o for o in self.model.state.open_orders() if o.state not in ("HELD", "PENDING_APPROVAL")
        ]
        if not orders:
            return self.submit()
        order = self.pick(orders[-12:][::-1])
        kinds = {
            "PENDING_SEND": ("SENT", "ACCEPTED", "ACCEPTED", "UNCERTAIN", "REJECTED", "FILL"),
            "SENT": ("ACCEPTED", "ACCEPTED", "ACCEPTED", "REJECTED", "FILL", "UNCERTAIN"),
            "UNKNOWN": ("ACCEPTED", "REJECTED", "CANCELED", "FILL"),
            "ACCEPTED": ("FILL", "FILL", "FILL", "FILL", "TRIGGERED", "CANCELED", "EXPIRED"),
            "PENDING_REPLACE": ("REPLACED", "REPLACED", "REPLACE_REJECTED", "FILL"),
            "PENDING_CANCEL": ("CANCELED", "CANCELED", "CANCEL_REJECTED", "FILL"),
        }
        return self.told(order, self.pick(kinds[order.state]))

    def told(self, order: Order, kind: str) -> Command:
        report: Command = {
            "type": "ExecutionReport",
            "order_id": order.terms["order_id"],
            "execution_id": self.name("x"),
            "kind": kind,
        }
        if kind == "FILL":
            report |= self.fill(order, order.terms["quantity"] - order.filled)
        elif kind == "ACCEPTED" and self.pick((True, True, True, False)):
            report["venue_order_id"] = f"v-{order.terms['order_id']}"
        elif kind in ("REJECTED", "CANCEL_REJECTED", "REPLACE_REJECTED"):
            report["reason"] = self.pick(("too late", "no such order"))
        elif kind == "REPLACED" and order.replacement:
            report["quantity"] = order.replacement["quantity"] or 0
            report["price"] = order.replacement["limit_price"] or 0
        return report

    def fill(self, order: Order, most: int) -> Command:
        lot = INSTRUMENTS[order.terms["symbol"]]["lot_size"]
        parts = (most, max(most // 2 // lot, 1) * lot, lot)
        currency = INSTRUMENTS[order.terms["symbol"]]["currency"]
        return {
            "quantity": self.pick(parts),
            "price": self.price_near(order.terms["symbol"], (0, 3, -3, 11, -11)),
            "fee": self.pick((0, 125, 7, -3)),
            "fee_currency": self.pick((None, None, currency, "USD")),
            "transact_time_ns": self.pick((None, self.now - SECOND)),
        }

    def contradiction(self) -> Command:
        """Any report about any order, whether that can be or not."""
        order = self.an_order()
        if order is None or self.pick(RARELY):
            return {
                "type": "ExecutionReport",
                "order_id": "nobody",
                "execution_id": self.name("x"),
                "kind": "FILL",
            }
        kinds = (
            "SENT UNCERTAIN ACCEPTED REJECTED TRIGGERED REPLACED REPLACE_REJECTED CANCELED "
            "CANCEL_REJECTED EXPIRED FILL"
        )
        kind = self.pick(kinds.split())
        told = self.told(order, kind)
        if kind == "FILL" and self.pick(SOMETIMES):
            told |= self.pick(({"quantity": 10**9}, {"quantity": 0}, {"price": 0}))
        return told

    def late_fill(self) -> Command:
        ended = [o for o in self.model.state.orders.values() if o.state in ("CANCELED", "EXPIRED")]
        ended = [o for o in ended if o.filled < o.terms["quantity"]][-20:]
        return self.told(self.pick(ended[::-1]), "FILL") if ended else self.report()

    def undo(self) -> Command:
        """A bust, a correction or a late fee of a fill, or its report once more."""
        traded = [o for o in self.model.state.orders.values() if o.executions][-15:]
        if not traded:
            return self.report()
        order = self.pick(traded[::-1])
        execution = self.pick(order.executions[::-1])
        kind = self.pick(("BUST", "CORRECT", "FEE", "AGAIN", "UNKNOWN"))
        report: Command = {
            "type": "ExecutionReport",
            "order_id": order.terms["order_id"],
            "execution_id": self.name("x"),
            "kind": kind,
            "reference_execution_id": execution.execution_id,
        }
        if kind == "CORRECT":
            room = order.terms["quantity"] - order.filled + execution.quantity
            report |= self.fill(order, room)
        elif kind == "FEE":
            report |= {"fee": self.pick((35, -5)), "fee_currency": execution.fee_currency}
        elif kind == "AGAIN":
            report |= {
                "kind": "FILL",
                "execution_id": execution.execution_id,
                "quantity": execution.quantity,
                "price": execution.price + self.pick((0, 0, 1)),
                "fee": execution.fee,
                "fee_currency": execution.fee_currency,
                "reference_execution_id": None,
            }
        elif kind == "UNKNOWN":
            report |= {"kind": "BUST", "reference_execution_id": "never"}
        return report

    def adopt(self) -> Command:
        terms = self.terms()
        filled = self.pick((0, terms["quantity"] // 2, terms["quantity"]))
        return {
            "type": "AdoptOrder",
            "terms": terms,
            "filled_quantity": filled,
            "venue_order_id": self.name("v"),
        }

    def adjust(self) -> Command:
        symbol = self.pick(TRADED)
        quantity = self.quantity(symbol) * self.pick((1, -1, 0))
        return {
            "type": "AdjustPosition",
            "symbol": symbol,
            "quantity": quantity,
            "price": self.price_near(symbol),
            "person": self.pick(("carol", "carol", "carol", "")),
        }

    # Markets.

    def mark(self) -> Command:
        symbol = self.pick([*TRADED, "VIX"])
        moves = (0, 4, -4, 25, -25, 90, -90, 600, -600)
        command = {
            "type": "Mark",
            "symbol": symbol,
            "price": self.price_near(symbol, moves),
            "source": self.pick(("trade", "close")),
        }
        if self.pick(RARELY):
            command["price_time_ns"] = self.now + self.pick((0, -HOUR, 5 * SECOND, HOUR))
        return command

    def rate(self) -> Command:
        currency = self.pick(("EUR", "JPY"))
        rates = {"EUR": ("1.0833", "1.1", "0.99999"), "JPY": ("0.006667", "0.0071")}
        return {"type": "MarkRate", "currency": currency, "rate": self.pick(rates[currency])}

    def change_instrument(self) -> Command:
        symbol = self.pick(TRADED)
        tick = INSTRUMENTS[symbol]["tick_size"]
        changes: Sequence[Command] = (
            {"is_halted": True},
            {"is_halted": False},
            {"is_halted": False},
            {"average_volume": self.pick(("100000", "350.5"))},
            {"lower_band": self.price_near(symbol, (-900, -20))},
            {"upper_band": self.price_near(symbol, (900, 20)), "lower_band": 0},
            {"tick_size": self.pick((tick, tick * 2, tick))},
        )
        if INSTRUMENTS[symbol]["kind"] == "FUTURE" or self.pick(RARELY):
            expiry = self.now + self.pick((*[400 * DAY] * 5, DAY, HOUR))
            changes = (*changes, {"expire_time_ns": expiry})
        effective = self.pick((None, None, self.now + HOUR, self.now + MINUTE, self.now - 1))
        return {
            "type": "ChangeInstrument",
            "symbol": symbol,
            "change": self.pick(changes),
            "effective_time_ns": effective,
        }

    # Limits and people.

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

    def cash(self) -> Command:
        return {
            "type": self.pick(("Deposit", "Withdraw", "Withdraw")),
            "currency": self.pick(("USD", "EUR", "JPY")),
            "amount": self.pick((10_000, 1, 25_000_000, 90_000_000, 0, -5)),
        }

    # What is done how often.

    WEIGHTS = {
        "submit": 22,
        "submit_again": 2,
        "submit_wrongly": 2,
        "submit_list": 4,
        "replace": 5,
        "cancel": 3,
        "cancel_all": 1,
        "close_position": 2,
        "report": 30,
        "contradiction": 4,
        "late_fill": 2,
        "undo": 4,
        "adopt": 1,
        "adjust": 1,
        "mark": 14,
        "rate": 1,
        "change_instrument": 2,
        "limits": 3,
        "covariance": 1,
        "approve": 4,
        "override": 1,
        "kill": 1,
        "rearm": 3,
        "trading_state": 1,
        "connection": 1,
        "cash": 2,
    }

    def mending(self) -> Command | None:
        """What lets trading go on, where something stops it."""
        state = self.model.state
        if state.killed or state.disabled:
            return self.rearm()
        if not state.is_connected:
            return {"type": "SetConnection", "connected": True}
        if state.trading_state != "ACTIVE":
            return {"type": "SetTradingState", "trading_state": "ACTIVE", "person": "carol"}
        if state.limits and state.limits["trading_state"] != "ACTIVE":
            return self.limits()
        if any(order.state == "PENDING_APPROVAL" for order in state.orders.values()):
            return self.approve()
        for slot in state.slots.values():
            if slot.lower_band or slot.upper_band:
                change = {"lower_band": 0, "upper_band": 0}
                return {"type": "ChangeInstrument", "symbol": slot.symbol, "change": change}
            if slot.is_halted:
                change = {"is_halted": False}
                return {"type": "ChangeInstrument", "symbol": slot.symbol, "change": change}
            expiry = slot.terms["expire_time_ns"]
            if expiry is not None and expiry <= self.now:
                change = {"expire_time_ns": self.now + 400 * DAY}
                return {"type": "ChangeInstrument", "symbol": slot.symbol, "change": change}
            if slot.trust != "FRESH":
                price = slot.price or PRICES[slot.symbol]
                return {"type": "Mark", "symbol": slot.symbol, "price": price, "source": "trade"}
        return None

    def any_command(self) -> Command:
        command = self.mending() if self.pick(SOMETIMES) else None
        if command is None:
            names = [name for name, weight in self.WEIGHTS.items() for _ in range(weight)]
            command = getattr(self, self.pick(names))()
        if self.pick(RARELY):
            command = {"command_id": self.name("command"), **command}
        return command
