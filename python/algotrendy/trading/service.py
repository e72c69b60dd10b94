"""What one can ask of the trading area."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import structlog

from algotrendy.domain.clock import Clock
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import AccountId, OrderId, new_id
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.limits import Limits
from algotrendy.domain.requests import Requests
from algotrendy.domain.venue import VenueTerms
from algotrendy.errors import AlgoTrendyError, from_reason
from algotrendy.trading.book import Book
from algotrendy.trading.books import Books, check_terms
from algotrendy.trading.ledger import Ledger
from algotrendy.trading.model import (
    Account,
    AccountTerms,
    CheckFailure,
    CheckResult,
    MarketBar,
    NewOrder,
    Order,
    Page,
)

log = structlog.get_logger(__name__)


class OrderService:
    """Takes orders."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def submit(self, new_order: NewOrder) -> Order:
        """Submit an order and return it, or the first of its `client_order_id`.

        Raises
        ------
        FailedPreconditionError
            A pre-trade check refused it, now or when it was first submitted.
        """
        book = self._books.get(new_order.account_id)
        order, refusal = await book.run(lambda ledger: ledger.submit(new_order))
        terms = {
            "account_id": order.account_id,
            "order_id": order.order_id,
            "client_order_id": order.client_order_id,
            "strategy_id": order.strategy_id,
            "symbol": order.symbol,
        }
        if refusal is not None:
            log.info("order_refused", **terms, reason=refusal.reason, rule=refusal.rule)
            raise _refusal_error(order, refusal)
        log.info("order_taken", **terms, side=order.side.value, quantity=str(order.quantity))
        return order

    async def cancel(self, order_id: OrderId) -> Order:
        """Ask the venue to cancel an order; return it with what the venue said at once."""
        book = self._books.of_order(order_id)
        await book.run(lambda ledger: ledger.cancel(order_id))
        order = await book.run(lambda ledger: ledger.order(order_id))
        log.info(
            "order_cancel_requested",
            account_id=order.account_id,
            order_id=order_id,
            strategy_id=order.strategy_id,
            status=order.status.value,
        )
        return order

    async def check(self, new_order: NewOrder) -> CheckResult:
        """Return what the checks say of an order now; nothing changes."""
        book = self._books.get(new_order.account_id)
        return await book.run(lambda ledger: ledger.check(new_order))

    async def get(self, order_id: OrderId) -> Order:
        """Return one order."""
        book = self._books.of_order(order_id)
        return await book.run(lambda ledger: ledger.order(order_id))

    async def list(
        self, account_id: AccountId, start: int, count: int, *, open_only: bool
    ) -> Page[Order]:
        """Return up to `count` orders after the first `start`, oldest first."""
        book = self._books.get(account_id)
        return await book.run(lambda ledger: ledger.orders(start, count, open_only=open_only))

    async def fills(self, account_id: AccountId, start: int, count: int) -> Page[Fill]:
        """Return up to `count` fills after the first `start`, oldest first."""
        book = self._books.get(account_id)
        return await book.run(lambda ledger: ledger.fills(start, count))


class AccountService:
    """Opens accounts and tells what they hold."""

    def __init__(self, books: Books, requests: Requests, clock: Clock) -> None:
        self._books = books
        self._requests = requests
        self._clock = clock
        self._opening = asyncio.Lock()

    async def open(
        self,
        request_id: str,
        fingerprint: bytes,
        display_name: str,
        currency: str,
        initial_cash: Decimal,
        venue_terms: VenueTerms,
    ) -> Account:
        """Open a paper account; a repeated request returns the first one."""
        terms = AccountTerms(
            account_id=AccountId(new_id()),
            display_name=display_name,
            currency=currency,
            initial_cash=initial_cash,
            venue_terms=venue_terms,
            create_time_ns=self._clock.now_ns(),
        )
        check_terms(terms)
        reserved = await self._requests.reserve(request_id, fingerprint, terms.account_id)
        async with self._opening:
            book = await self._books.open(replace(terms, account_id=AccountId(reserved)))
        return await book.run(Ledger.account)

    async def get(self, account_id: AccountId) -> Account:
        """Return one account."""
        return await self._books.get(account_id).run(Ledger.account)

    async def list(self, start: int, count: int) -> Page[Account]:
        """Return up to `count` accounts after the first `start`, oldest first."""
        books = self._books.all()
        end = start + count
        accounts = [await book.run(Ledger.account) for book in books[start:end]]
        return Page(accounts, next_start=end if end < len(books) else None)

    async def register(self, account_id: AccountId, instruments: Sequence[Instrument]) -> None:
        """Make instruments known to an account."""

        def work(ledger: Ledger) -> None:
            for instrument in instruments:
                ledger.register(instrument)

        await self._books.get(account_id).run(work)

    async def apply_limits(self, account_id: AccountId, limits: Limits) -> None:
        """Put a version of the limits in force."""
        await self._books.get(account_id).run(lambda ledger: ledger.apply_limits(limits))


class MarketService:
    """Lets market data move the accounts that know its instrument."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def trade_bar(self, bar: MarketBar) -> None:
        """Let every account's venue trade a bar; return once all that came of it is published."""

        async def trade(book: Book) -> None:
            await book.run(lambda ledger: ledger.trade_bar(bar))
            await book.outbox.drained()

        await asyncio.gather(*(trade(book) for book in self._books.knowing(bar.symbol)))

    async def mark(self, symbol: str, price: Decimal, price_time_ns: int, source: str) -> None:
        """Tell every account a reference price."""

        def work(ledger: Ledger) -> None:
            ledger.mark(symbol, price, price_time_ns, source)

        await asyncio.gather(*(book.run(work) for book in self._books.knowing(symbol)))


def _refusal_error(order: Order, refusal: CheckFailure) -> AlgoTrendyError:
    limit = f" (limit {refusal.limit}, observed {refusal.observed})" if refusal.limit else ""
    return from_reason(
        refusal.reason,
        f"order {order.client_order_id!r} was refused by the {refusal.rule} check{limit}.",
        {
            "order_id": order.order_id,
            "client_order_id": order.client_order_id,
            "account_id": order.account_id,
            "symbol": order.symbol,
            "rule": refusal.rule,
            "limit": refusal.limit,
            "observed": refusal.observed,
        },
    )
