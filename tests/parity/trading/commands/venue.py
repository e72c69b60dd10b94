"""What a venue tells: what is to be expected, late, twice, and what contradicts."""

from tests.parity.trading.commands.base import RARELY, SOMETIMES, TRADED, Command
from tests.parity.trading.commands.orders import Orders
from tests.parity.trading.model.orders import Order
from tests.parity.trading.world import INSTRUMENTS, SECOND


class Venue(Orders):
    """What a venue tells: what is to be expected, late, twice, and what contradicts."""

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
