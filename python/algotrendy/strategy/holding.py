"""What a strategy holds of one symbol, and for how many bars: also after a restart."""

from collections.abc import Callable
from dataclasses import replace

from algotrendy import _core
from algotrendy.domain.bar import Bar
from algotrendy.domain.fill import Fill
from algotrendy.domain.order import AccountView, ExitOrder, Side
from algotrendy.strategy.model import Entry


class Holding:
    """One symbol's bars, counted, and the entry of what is held of it.

    Parameters
    ----------
    entry : Entry, optional
        What was kept of it before a restart; it is found again among the bars of the warm-up.
    """

    def __init__(self, entry: Entry | None = None) -> None:
        self.entry = entry
        # Open time of the newest bar seen; None before the first.
        self.last_open_time_ns: int | None = None
        self._bar_count = 0
        # How many bars there were when the entry was decided on, and when it first filled.
        self._decided_at: int | None = None
        self._held_from: int | None = None
        self._exits: _core.RuleExits | None = None
        # When the entry first filled.
        self._filled_ns: int | None = None

    def has_seen(self, bar: Bar) -> bool:
        """Whether the bar is not newer than the last one."""
        return self.last_open_time_ns is not None and bar.open_time_ns <= self.last_open_time_ns

    def count(self, bar: Bar, exits: Callable[[], "_core.RuleExits"]) -> None:
        """Count the next bar; `exits` are those of an entry that is decided on it."""
        self.last_open_time_ns = bar.open_time_ns
        self._bar_count += 1
        if self.entry is None:
            return
        if bar.close_time_ns == self.entry.close_time_ns:
            self._decided_at, self._exits = self._bar_count, exits()
        if bar.open_time_ns == self.entry.held_from_ns:
            self._held_from = self._bar_count
        if self._filled_ns is not None and bar.close_time_ns <= self._filled_ns:
            # It had closed, and is told after the fill.
            self._held_from = self._bar_count
            self.entry = replace(self.entry, held_from_ns=bar.open_time_ns)

    def look(self, account: AccountView) -> int:
        """Learn what the account has and return for how many bars it is held."""
        if account.position == 0 and not account.has_working_order:
            self.clear()
        elif account.position and self._held_from is None and not account.has_working_order:
            # Its fill was told while nobody listened.
            self._held_from = self._decided_at
        return 0 if self._held_from is None else self._bar_count - self._held_from

    def clear(self) -> None:
        """Forget the entry: what it opened is closed."""
        self.entry = self._decided_at = self._held_from = self._exits = self._filled_ns = None

    def enter(self, client_order_id: str, bar: Bar, exits: "_core.RuleExits") -> None:
        """Note that an entry is sent which was decided on the last bar, perhaps to hold more."""
        held_from_ns = None if self.entry is None else self.entry.held_from_ns
        self.entry = Entry(bar.symbol, client_order_id, bar.close_time_ns, held_from_ns)
        self._decided_at, self._exits = self._bar_count, exits

    def entered(self, fill: Fill, average_price: int, position: int) -> list[ExitOrder]:
        """Note that its entry filled and return what protects what is held.

        Parameters
        ----------
        average_price : int
            Of all fills of the entry, in units of the instrument; as `position`, what is held.
        """
        if self._held_from is None:
            self._filled_ns, self._held_from = fill.fill_time_ns, self._bar_count
        if self.entry is not None and self.entry.held_from_ns is None:
            self.entry = replace(self.entry, held_from_ns=self.last_open_time_ns)
        is_held = position > 0 if fill.side is Side.BUY else position < 0
        if not self._exits or not is_held:
            return []
        orders = self._exits.orders(fill.side.value, average_price)
        return [
            ExitOrder(
                side=Side(order["side"]),
                order_type=order["order_type"],
                quantity=abs(position),
                limit_price=order["limit_price"],
                stop_price=order["stop_price"],
                trail_offset=order["trail_offset"],
                trail_bps=order["trail_bps"],
            )
            for order in orders
        ]
