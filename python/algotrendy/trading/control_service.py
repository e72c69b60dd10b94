"""What may be decided beside the flow of orders."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from algotrendy.domain.ids import AccountId
from algotrendy.domain.limits import TradingState
from algotrendy.errors import AlgoTrendyError, InvalidArgumentError
from algotrendy.trading.book import Book
from algotrendy.trading.books import Books
from algotrendy.trading.controls import (
    Consent,
    KillOrder,
    OverrideGrant,
    PendingApproval,
    RearmStep,
    Scope,
    Switches,
)
from algotrendy.trading.ledger import Ledger
from algotrendy.trading.model import Order, OrderStatus
from algotrendy.trading.service import refusal_error
from algotrendy.trading.terms import Adoption, CovarianceTerms, PositionAdjustment

log = structlog.get_logger(__name__)


class ControlService:
    """Approvals, overrides, switches and corrections of all accounts."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def approvals(self, account_id: AccountId) -> list[tuple[Order, PendingApproval]]:
        """Return the orders that wait for a person, oldest first."""
        return await self._books.get(account_id).run(Ledger.approvals)

    async def consent(self, consent: Consent) -> Order:
        """Grant or refuse what an order waits for; return it.

        Raises
        ------
        FailedPreconditionError
            It does not wait, or a hard check refused it now.
        """
        book = self._books.of_order(consent.order_id)
        order, refusal = await book.run(lambda ledger: ledger.consent(consent))
        log.info(
            "approval_granted" if consent.grants else "approval_denied",
            account_id=order.account_id,
            order_id=order.order_id,
            approver=consent.approver,
            status=order.status.value,
        )
        if consent.grants and order.status is OrderStatus.REJECTED and refusal is not None:
            raise refusal_error(order, refusal)
        return order

    async def grant_override(self, grant: OverrideGrant) -> None:
        """Let a rule refuse nothing until a time."""
        await self._books.get(grant.account_id).run(lambda ledger: ledger.grant_override(grant))
        log.warning(
            "override_granted",
            account_id=grant.account_id,
            rule=grant.override.rule,
            until_ns=grant.override.until_ns,
            approver=grant.approver,
        )

    async def kill(self, order: KillOrder) -> None:
        """Pull a kill switch, in one account or in all: one that fails stops no other."""
        log.warning("kill_switch", account_id=order.account_id, person=order.person)
        books = self._concerned(order.account_id, order.scope)
        await _run(books, lambda ledger: ledger.kill(order))

    async def rearm(self, step: RearmStep) -> None:
        """Take a step of re-arming, in one account or in all."""
        log.warning("rearm", account_id=step.account_id, person=step.person, confirm=step.confirm)
        books = self._concerned(step.account_id, step.scope)
        await _run(books, lambda ledger: ledger.rearm(step))

    async def switches(self, account_id: AccountId) -> Switches:
        """Return what is stopped and overridden in an account, and what it may do."""
        return await self._books.get(account_id).run(lambda ledger: ledger.controls.switches)

    async def set_trading_state(
        self, account_id: AccountId, state: TradingState, person: str
    ) -> None:
        """Change what an account may do."""
        book = self._books.get(account_id)
        await book.run(lambda ledger: ledger.set_trading_state(state, person))
        log.warning("trading_state_set", account_id=account_id, state=state.value, person=person)

    async def set_connection(self, account_id: AccountId, *, connected: bool) -> None:
        """Tell that an account's connection to its venue was lost or is back."""
        book = self._books.get(account_id)
        await book.run(lambda ledger: ledger.set_connection(connected=connected))
        log.warning("connection_set", account_id=account_id, connected=connected)

    async def set_covariance(self, terms: CovarianceTerms) -> None:
        """Replace the covariance that an account's value at risk is reckoned from."""
        await self._books.get(terms.account_id).run(lambda ledger: ledger.set_covariance(terms))
        log.info("covariance_set", account_id=terms.account_id, symbols=len(terms.symbols))

    async def adopt(self, adoption: Adoption) -> Order:
        """Take over an order that the venue has; return it, or the first of its id."""
        book = self._books.get(adoption.order.account_id)
        order = await book.run(lambda ledger: ledger.adopt(adoption))
        log.warning(
            "order_adopted",
            account_id=order.account_id,
            order_id=order.order_id,
            venue_order_id=order.venue_order_id,
        )
        return order

    async def adjust_position(self, adjustment: PositionAdjustment) -> None:
        """Make a position what the venue or the custodian says it is."""
        book = self._books.get(adjustment.account_id)
        await book.run(lambda ledger: ledger.adjust_position(adjustment))
        log.warning(
            "position_adjusted",
            account_id=adjustment.account_id,
            symbol=adjustment.symbol,
            quantity=str(adjustment.quantity),
            person=adjustment.person,
        )

    def _concerned(self, account_id: AccountId | None, scope: Scope) -> list[Book]:
        if scope.all_accounts == (account_id is not None):
            raise InvalidArgumentError(
                "Name an account, or the scope of all accounts.", field="account_id"
            )
        return self._books.all() if account_id is None else [self._books.get(account_id)]


async def _run(books: Sequence[Book], work: Callable[[Ledger], None]) -> None:
    """Do the work in every account, also where it fails in one; raise the first failure."""
    answers = await asyncio.gather(*(book.run(work) for book in books), return_exceptions=True)
    failures = [answer for answer in answers if isinstance(answer, BaseException)]
    for book, answer in zip(books, answers, strict=True):
        if isinstance(answer, AlgoTrendyError):
            log.error("control_failed", account_id=book.terms.account_id, error=str(answer))
    if failures:
        raise failures[0]
