"""What can be asked of one account: commands, and what came of them."""

from collections.abc import Sequence

import structlog

from algotrendy.domain.ids import OrderId, StrategyId, new_id
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.limits import Limits, TradingState
from algotrendy.errors import (
    AlreadyExistsError,
    ClientOrderIdReusedError,
    InvalidArgumentError,
)
from algotrendy.trading import command_codec, events
from algotrendy.trading.controls import (
    Consent,
    KillOrder,
    OverrideGrant,
    RearmStep,
)
from algotrendy.trading.core_codec import Command
from algotrendy.trading.model import (
    CheckFailure,
    InstrumentTermsChange,
    Order,
    Session,
)
from algotrendy.trading.terms import (
    Adoption,
    CloseTerms,
    CovarianceTerms,
    NewOrder,
    NewOrderList,
    PositionAdjustment,
    ReplaceTerms,
)
from algotrendy.trading.traded import Traded

log = structlog.get_logger(__name__)


class Ledger(Traded):
    """The commands of one account; see `Journalled` and `Traded` for how they take effect."""

    def deposit(self, units: int) -> None:
        """Add cash, in minor units of the account's currency."""
        self.execute({"type": "Deposit", "currency": self.terms.currency, "amount": units})

    def register(self, instrument: Instrument) -> None:
        """Make an instrument known."""
        if instrument.currency != self.terms.currency:
            raise InvalidArgumentError(
                f"{instrument.symbol} is quoted in {instrument.currency}; "
                f"the account holds {self.terms.currency} only.",
                field="instruments",
                symbol=instrument.symbol,
                currency=instrument.currency,
            )
        known = self.instruments.get(instrument.symbol, instrument)
        if known != instrument:
            raise AlreadyExistsError(
                f"{instrument.symbol} is registered with other terms; only a change alters them.",
                field="instruments",
                symbol=instrument.symbol,
            )
        self.execute(command_codec.register_command(instrument))

    def apply_limits(self, limits: Limits) -> None:
        """Put limits in force."""
        self.execute({"type": "SetLimits", "limits": limits.to_core()})

    def change_instrument(
        self, symbol: str, change: InstrumentTermsChange, effective_time_ns: int | None
    ) -> None:
        """Change an instrument, now or later."""
        instrument = self._instrument(symbol)
        self.execute(command_codec.change_command(instrument, change, effective_time_ns))

    def set_calendar(self, calendar_id: str, sessions: Sequence[Session]) -> None:
        """Make a table of sessions known."""
        told = [vars(session) for session in sessions]
        self.execute({"type": "SetCalendar", "calendar_id": calendar_id, "sessions": told})

    def submit(self, new_order: NewOrder) -> tuple[Order, CheckFailure | None]:
        """Submit an order; return the first of its `client_order_id`, and why it was refused."""
        command = command_codec.submit_command(
            new_order, self._instrument(new_order.symbol), OrderId(new_id())
        )
        self.execute(command)
        return self._submitted(new_order.client_order_id)

    def submit_list(self, orders: NewOrderList) -> list[tuple[Order, CheckFailure | None]]:
        """Submit orders together; return them, each with why it was refused."""
        for order in orders.orders:
            self._instrument(order.symbol)
        command = command_codec.list_command(orders, self.instruments, lambda: OrderId(new_id()))
        self.execute(command)
        return [self._submitted(order.client_order_id) for order in orders.orders]

    def replace(self, terms: ReplaceTerms) -> tuple[Order, CheckFailure | None]:
        """Ask for a change of an order; return it, and why a check refused the change."""
        order = self.order(terms.order_id)
        command = command_codec.replace_command(terms, self.instruments[order.symbol])
        failures = [
            event.body.failure
            for event in self.execute(command)
            if isinstance(event.body, events.OrderReplaceRefused)
        ]
        return self.order(terms.order_id), failures[0] if failures else None

    def cancel_all(self, symbol: str | None, strategy_id: StrategyId | None) -> list[OrderId]:
        """Ask for cancels of open orders; return those that were asked for, or made at once."""
        command: Command = {"type": "CancelAll", "symbol": symbol, "strategy_id": strategy_id}
        ended = (events.OrderCancelRequested, events.OrderCanceled)
        return [e.body.order_id for e in self.execute(command) if isinstance(e.body, ended)]

    def close_position(self, terms: CloseTerms) -> tuple[Order, CheckFailure | None] | None:
        """Close a position; return the order that does, if one is needed."""
        self._instrument(terms.symbol)
        known = self._core.order_by_client_id(terms.client_order_id)
        if known is None:
            self.execute(command_codec.close_command(terms, OrderId(new_id())))
        elif not known["reduce_only"] or known["symbol"] != terms.symbol:
            raise ClientOrderIdReusedError(
                f"client_order_id {terms.client_order_id!r} was used for order "
                f"{known['order_id']} with other terms.",
                client_order_id=terms.client_order_id,
                order_id=known["order_id"],
            )
        if self._core.order_by_client_id(terms.client_order_id) is None:
            return None
        return self._submitted(terms.client_order_id)

    def consent(self, consent: Consent) -> tuple[Order, CheckFailure | None]:
        """Grant or refuse what an order waits for; return it, and what it was rejected for."""
        decided = self.execute(command_codec.consent_command(consent))
        failures = [e.body.failure for e in decided if isinstance(e.body, events.OrderRejected)]
        return self.order(consent.order_id), failures[-1] if failures else None

    def grant_override(self, grant: OverrideGrant) -> None:
        """Let a rule refuse nothing until a time."""
        self.execute(command_codec.override_command(grant))

    def kill(self, order: KillOrder) -> None:
        """Pull a kill switch."""
        self.execute(command_codec.kill_command(order))

    def rearm(self, step: RearmStep) -> None:
        """Take a step of re-arming."""
        self.execute(command_codec.rearm_command(step))

    def set_trading_state(self, state: TradingState, person: str) -> None:
        """Change what the account may do."""
        command = {"type": "SetTradingState", "trading_state": state.value, "person": person}
        self.execute(command)

    def set_connection(self, *, connected: bool) -> None:
        """Tell that the connection to the venue was lost or is back."""
        self.execute({"type": "SetConnection", "connected": connected})

    def set_covariance(self, terms: CovarianceTerms) -> None:
        """Replace the covariance that value at risk is reckoned from."""
        self.execute(command_codec.covariance_command(terms))

    def adopt(self, adoption: Adoption) -> Order:
        """Take over an order of the venue's; return it, or the first of its `client_order_id`."""
        order = adoption.order
        instrument = self._instrument(order.symbol)
        self.execute(command_codec.adopt_command(adoption, instrument, OrderId(new_id())))
        return self._submitted(order.client_order_id)[0]

    def adjust_position(self, adjustment: PositionAdjustment) -> None:
        """Make a position what the venue or the custodian says it is."""
        instrument = self._instrument(adjustment.symbol)
        self.execute(command_codec.adjust_command(adjustment, instrument))

    def cancel(self, order_id: OrderId) -> None:
        """Ask for a cancel; again, of an order that is cancelled, changes nothing."""
        self.execute({"type": "Cancel", "order_id": order_id})
