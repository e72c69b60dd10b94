"""Marks, jumps, rates, halts, bands and cash."""

from collections.abc import Sequence

from tests.parity.trading.commands.base import RARELY, TRADED, Command, Picking
from tests.parity.trading.world import DAY, HOUR, INSTRUMENTS, MINUTE, SECOND


class Markets(Picking):
    """Marks, jumps, rates, halts, bands and cash."""

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

    def cash(self) -> Command:
        return {
            "type": self.pick(("Deposit", "Withdraw", "Withdraw")),
            "currency": self.pick(("USD", "EUR", "JPY")),
            "amount": self.pick((10_000, 1, 25_000_000, 90_000_000, 0, -5)),
        }
