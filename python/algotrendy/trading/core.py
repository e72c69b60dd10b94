"""`Core`: one account's orders, positions and pre-trade checks, in this process and in one object.

Commands return the events they led to. Prices, quantities and amounts are `Decimal`, text or `int`;
a float is refused, since it is not exact. Times are nanoseconds since the Unix epoch, UTC, and pass
only when a command says so: `advance`, or `time_ns` of any other.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from algotrendy import _core
from algotrendy._core import CoreAccount, Event, OrderTerms
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.limits import Limits

Number = Decimal | str | int
"""A price, a quantity or an amount: exact."""


class Core(CoreAccount):
    """An account with its instruments, limits and cash.

    Parameters
    ----------
    instruments : iterable of Instrument
        What can be traded.
    limits : Limits, optional
        What orders may be and make of the account; without limits every order is refused.
    currency : str
        The account's, which limits and equity are measured in.
    cash : Decimal, str, int, or a mapping of them by currency
        What is paid in at the beginning.
    venue : mapping, optional
        How the simulated venue trades, `{}` for its defaults; `on_bar`, `on_quote` and `on_trade`
        feed it. Without one, `report` tells what a venue of yours did.
    calendars : mapping, optional
        Tables of sessions by the id that instruments refer to.
    account_id : str
        The account's name.
    retained_orders : int or None
        How many ended orders are remembered; None for all.

    Examples
    --------
    >>> core = Core([Instrument("SPY")], Limits.of(max_order_notional=50_000), cash=100_000)
    >>> core.mark("SPY", "412.30")
    []
    >>> [event.type for event in core.submit("SPY", "BUY", 10, limit_price="412.35")]
    ['OrderCreated']
    """

    def __new__(
        cls,
        instruments: Iterable[Instrument | _core.Instrument] = (),
        limits: Limits | None = None,
        *,
        currency: str = "USD",
        cash: Number | Mapping[str, Number] = 0,
        venue: "_core.VenueConfig | None" = None,
        calendars: "Mapping[str, Sequence[_core.Session]] | None" = None,
        account_id: str = "account",
        retained_orders: int | None = 10_000,
    ) -> "Core":
        """Open the account."""
        core = super().__new__(
            cls, account_id, currency, venue=venue, retained_orders=retained_orders
        )
        for calendar_id, sessions in (calendars or {}).items():
            core.set_calendar(calendar_id, sessions)
        for instrument in instruments:
            core.register(instrument)
        balances = cash if isinstance(cash, Mapping) else {currency: cash}
        for code, amount in balances.items():
            if amount != 0:
                core.deposit(amount, code)
        if limits is not None:
            core.set_limits(limits)
        return core

    # --- Lists of orders ------------------------------------------------------------------------

    def bracket(
        self,
        symbol: str,
        side: Literal["BUY", "SELL"],
        quantity: Number,
        *,
        stop_loss: Number | None = None,
        take_profit: Number | None = None,
        trail: Number | None = None,
        list_id: str | None = None,
        time_ns: int | None = None,
        **entry: Any,  # noqa: ANN401  # As `order` takes them.
    ) -> list[Event]:
        """Submit an entry with its stop, its target, or both, which wait until it fills.

        Parameters
        ----------
        symbol, side, quantity, **entry
            The entry, as `order` takes it.
        stop_loss, trail : Decimal, str or int, optional
            The stop order's price, or the distance of a trailing stop.
        take_profit : Decimal, str or int, optional
            The target's limit price.
        """
        first = self.order(symbol, side, quantity, **entry)
        exit_side: Literal["BUY", "SELL"] = "SELL" if side == "BUY" else "BUY"
        strategy_id = entry.get("strategy_id")
        exits = []
        if stop_loss is not None or trail is not None:
            exits.append(
                self.order(
                    symbol, exit_side, quantity,
                    stop_price=stop_loss, trail=trail, strategy_id=strategy_id,
                )
            )  # fmt: skip
        if take_profit is not None:
            exits.append(
                self.order(
                    symbol, exit_side, quantity, limit_price=take_profit, strategy_id=strategy_id
                )
            )
        return self.submit_list("BRACKET", [first, *exits], list_id=list_id, time_ns=time_ns)

    def oco(
        self, *orders: OrderTerms, list_id: str | None = None, time_ns: int | None = None
    ) -> list[Event]:
        """Submit orders of which one cancels the others."""
        return self.submit_list("OCO", orders, list_id=list_id, time_ns=time_ns)

    def oto(
        self,
        first: OrderTerms,
        *then: OrderTerms,
        list_id: str | None = None,
        time_ns: int | None = None,
    ) -> list[Event]:
        """Submit an order, and others that wait until it fills, for as much as fills."""
        return self.submit_list("OTO", [first, *then], list_id=list_id, time_ns=time_ns)

    # --- Cash, instruments and limits -----------------------------------------------------------

    def deposit(
        self, amount: Number, currency: str | None = None, *, time_ns: int | None = None
    ) -> list[Event]:
        """Pay cash in."""
        code = currency or self.currency
        units = self.cash_units(code, "amount", amount)
        return self.execute({"type": "Deposit", "currency": code, "amount": units}, time_ns)

    def withdraw(
        self, amount: Number, currency: str | None = None, *, time_ns: int | None = None
    ) -> list[Event]:
        """Pay free cash out; InsufficientFundsError above what is free."""
        code = currency or self.currency
        units = self.cash_units(code, "amount", amount)
        return self.execute({"type": "Withdraw", "currency": code, "amount": units}, time_ns)

    def register(
        self, instrument: Instrument | _core.Instrument, *, time_ns: int | None = None
    ) -> list[Event]:
        """Make an instrument known."""
        core = instrument.core if isinstance(instrument, Instrument) else instrument
        return self.execute({"type": "RegisterInstrument", "instrument": core.terms}, time_ns)

    def set_calendar(
        self,
        calendar_id: str,
        sessions: "Sequence[_core.Session]",
        *,
        time_ns: int | None = None,
    ) -> list[Event]:
        """Make a table of sessions known, which instruments refer to by its id."""
        return self.execute(
            {"type": "SetCalendar", "calendar_id": calendar_id, "sessions": sessions}, time_ns
        )

    def change_instrument(
        self,
        symbol: str,
        *,
        tick_size: Number | None = None,
        lot_size: Number | None = None,
        is_halted: bool | None = None,
        lower_band: Number | None = None,
        upper_band: Number | None = None,
        average_volume: Number | None = None,
        expire_time_ns: int | None = None,
        effective_time_ns: int | None = None,
        time_ns: int | None = None,
    ) -> list[Event]:
        """Change an instrument, now or at `effective_time_ns`; what is left out stays."""
        change: _core.InstrumentChange = {"is_halted": is_halted, "expire_time_ns": expire_time_ns}
        if tick_size is not None:
            change["tick_size"] = self.price_units(symbol, "tick_size", tick_size)
        if lot_size is not None:
            change["lot_size"] = self.quantity_units(symbol, "lot_size", lot_size)
        if lower_band is not None:
            change["lower_band"] = self.price_units(symbol, "lower_band", lower_band)
        if upper_band is not None:
            change["upper_band"] = self.price_units(symbol, "upper_band", upper_band)
        if average_volume is not None:
            change["average_volume"] = f"{Decimal(average_volume):f}"
        return self.execute(
            {
                "type": "ChangeInstrument",
                "symbol": symbol,
                "change": change,
                "effective_time_ns": effective_time_ns,
            },
            time_ns,
        )

    def set_limits(self, limits: Limits, *, time_ns: int | None = None) -> list[Event]:
        """Replace the limits by a later version; version 0 becomes the next one."""
        if limits.version == 0:
            known = self.limits
            limits = limits.with_version(1 if known is None else known["version"] + 1)
        return self.execute({"type": "SetLimits", "limits": limits.to_core()}, time_ns)

    def set_covariance(
        self,
        symbols: Sequence[str],
        covariance: Sequence[Sequence[float]],
        *,
        deviations: Number = "1.645",
        time_ns: int | None = None,
    ) -> list[Event]:
        """Tell the covariance of one-day returns that value at risk is reckoned from.

        It is a statistic, so that floats will do; it is rounded to 10⁻¹². `deviations` is how many
        standard deviations the value at risk is: 1.645 is 95 %, one-sided.
        """
        return self.execute(
            {
                "type": "SetCovariance",
                "symbols": list(symbols),
                "covariance": [round(value * 1e12) for row in covariance for value in row],
                "deviations_thousandths": int(Decimal(deviations) * 1000),
            },
            time_ns,
        )

    # --- People ---------------------------------------------------------------------------------

    def approve(
        self, order_id: str, approver: str, *, note: str = "", time_ns: int | None = None
    ) -> list[Event]:
        """Consent to an order that waits for approval: it is sent, if no hard limit forbids it."""
        return self._consent({"grant": order_id}, approver, note, time_ns)

    def deny(
        self, order_id: str, approver: str, *, note: str = "", time_ns: int | None = None
    ) -> list[Event]:
        """Reject an order that waits for approval."""
        return self._consent({"deny": order_id}, approver, note, time_ns)

    def override(
        self,
        rule: str,
        approver: str,
        *,
        until_ns: int,
        symbol: str | None = None,
        strategy_id: str | None = None,
        note: str = "",
        time_ns: int | None = None,
    ) -> list[Event]:
        """Let a rule refuse nothing until a time, for all or for one instrument or strategy."""
        granted: _core.Override = {
            "rule": rule,
            "strategy_id": strategy_id,
            "symbol": symbol,
            "until_ns": until_ns,
        }
        return self._consent({"override": granted}, approver, note, time_ns)

    def kill(
        self,
        person: str,
        *,
        strategy_id: str | None = None,
        everybody: bool = False,
        flatten: bool = False,
        note: str = "",
        time_ns: int | None = None,
    ) -> list[Event]:
        """Pull the account's kill switch, or a strategy's, or everybody's.

        Orders of its scope are canceled and new ones refused until it is re-armed; with `flatten`,
        market orders close the positions.
        """
        return self.execute(
            {
                "type": "Kill",
                "scope": _scope(strategy_id, everybody=everybody),
                "person": person,
                "note": note,
                "flatten": flatten,
            },
            time_ns,
        )

    def rearm(
        self,
        person: str,
        *,
        strategy_id: str | None = None,
        everybody: bool = False,
        confirm: bool = False,
        time_ns: int | None = None,
    ) -> list[Event]:
        """Ask to re-arm what was stopped; and then, with `confirm`, do it."""
        return self.execute(
            {
                "type": "Rearm",
                "scope": _scope(strategy_id, everybody=everybody),
                "person": person,
                "confirm": confirm,
            },
            time_ns,
        )

    def set_trading_state(
        self,
        trading_state: Literal["ACTIVE", "REDUCING", "HALTED"],
        person: str,
        *,
        time_ns: int | None = None,
    ) -> list[Event]:
        """Change what the account may do: everything, only reduce positions, or nothing."""
        return self.execute(
            {"type": "SetTradingState", "trading_state": trading_state, "person": person}, time_ns
        )

    # --- The world ------------------------------------------------------------------------------

    def rate(self, currency: str, rate: Number, *, time_ns: int | None = None) -> list[Event]:
        """Tell what one unit of a currency is worth in the account's."""
        return self.execute(
            {"type": "MarkRate", "currency": currency, "rate": f"{Decimal(rate):f}"}, time_ns
        )

    def set_connection(self, *, connected: bool, time_ns: int | None = None) -> list[Event]:
        """Tell that the connection to the venue was lost or is back."""
        return self.execute({"type": "SetConnection", "connected": connected}, time_ns)

    def cancel_all(
        self,
        symbol: str | None = None,
        *,
        strategy_id: str | None = None,
        time_ns: int | None = None,
    ) -> list[Event]:
        """Cancel all orders, or those of an instrument, a strategy or both."""
        return self.execute(
            {"type": "CancelAll", "symbol": symbol, "strategy_id": strategy_id}, time_ns
        )

    def adjust_position(
        self,
        symbol: str,
        quantity: Number,
        price: Number,
        person: str,
        *,
        note: str = "",
        time_ns: int | None = None,
    ) -> list[Event]:
        """Make a position what the venue says it is; the difference is taken in at `price`."""
        return self.execute(
            {
                "type": "AdjustPosition",
                "symbol": symbol,
                "quantity": self.quantity_units(symbol, "quantity", quantity),
                "price": self.price_units(symbol, "price", price),
                "person": person,
                "note": note,
            },
            time_ns,
        )

    # --- How it is done -------------------------------------------------------------------------

    def _consent(
        self,
        consent: "dict[str, str] | dict[str, _core.Override]",
        approver: str,
        note: str,
        time_ns: int | None,
    ) -> list[Event]:
        return self.execute(
            {"type": "Approve", "approver": approver, "consent": consent, "note": note}, time_ns
        )


def _scope(
    strategy_id: str | None, *, everybody: bool
) -> Literal["global", "account"] | dict[str, str]:
    if strategy_id is not None:
        return {"strategy": strategy_id}
    return "global" if everybody else "account"
