"""What one can ask of the trading area."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

import structlog

from algotrendy.domain.clock import Clock
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import AccountId, OrderId, StrategyId, new_id
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.limits import Limits
from algotrendy.domain.requests import Requests
from algotrendy.domain.venue import VenueTerms
from algotrendy.errors import AlgoTrendyError, ListEndedError, from_reason
from algotrendy.trading.book import Book
from algotrendy.trading.books import Books, check_terms
from algotrendy.trading.ledger import Ledger
from algotrendy.trading.model import (
    Account,
    AccountTerms,
    BarPhase,
    CheckFailure,
    CheckResult,
    InstrumentTermsChange,
    MarketBar,
    MarketTicks,
    Order,
    Page,
    Session,
)
from algotrendy.trading.terms import CloseTerms, NewOrder, NewOrderList, ReplaceTerms
from algotrendy.trading.traded import Walk

log = structlog.get_logger(__name__)

LIST_ENDED: Final = ListEndedError.reason


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
        return _taken(*await book.run(lambda ledger: ledger.submit(new_order)))

    async def submit_list(self, orders: NewOrderList) -> list[Order]:
        """Submit orders together, all or none; return them, or the first of their `list_id`.

        Raises
        ------
        FailedPreconditionError
            A pre-trade check refused one of them, now or when they were first submitted.
        """
        book = self._books.get(orders.account_id)
        answers = await book.run(lambda ledger: ledger.submit_list(orders))
        # The others were refused only because one was.
        answers.sort(key=lambda answer: answer[1] is None or answer[1].reason == LIST_ENDED)
        for order, refusal in answers:
            _taken(order, refusal)
        taken = {order.client_order_id: order for order, _ in answers}
        return [taken[order.client_order_id] for order in orders.orders]

    async def replace(self, terms: ReplaceTerms) -> Order:
        """Ask for a change of an order; return it with what the venue said at once.

        Raises
        ------
        FailedPreconditionError
            A pre-trade check refused the order as it would be; it stays as it is.
        """
        book = self._books.of_order(terms.order_id)
        order, refusal = await book.run(lambda ledger: ledger.replace(terms))
        if refusal is not None:
            _log("order_replace_refused", order, reason=refusal.reason, rule=refusal.rule)
            raise refusal_error(order, refusal)
        _log("order_replace_requested", order)
        return await book.run(lambda ledger: ledger.order(terms.order_id))

    async def cancel(self, order_id: OrderId) -> Order:
        """Ask the venue to cancel an order; return it with what the venue said at once."""
        book = self._books.of_order(order_id)
        await book.run(lambda ledger: ledger.cancel(order_id))
        order = await book.run(lambda ledger: ledger.order(order_id))
        _log("order_cancel_requested", order, status=order.status.value)
        return order

    async def cancel_all(
        self, account_id: AccountId, symbol: str | None, strategy_id: StrategyId | None
    ) -> list[Order]:
        """Ask the venue to cancel open orders; return them with what it said at once."""
        book = self._books.get(account_id)
        canceled = await book.run(lambda ledger: ledger.cancel_all(symbol, strategy_id))
        log.info("orders_cancel_requested", account_id=account_id, count=len(canceled))
        return await book.run(lambda ledger: [ledger.order(order_id) for order_id in canceled])

    async def close_position(self, terms: CloseTerms) -> Order | None:
        """Close a position; return the order that does, None where it is flat.

        Raises
        ------
        FailedPreconditionError
            A pre-trade check refused the order.
        """
        book = self._books.get(terms.account_id)
        answer = await book.run(lambda ledger: ledger.close_position(terms))
        return None if answer is None else _taken(*answer)

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

    async def change_instrument(
        self,
        account_id: AccountId,
        symbol: str,
        change: InstrumentTermsChange,
        effective_time_ns: int | None,
    ) -> None:
        """Change an instrument of an account, now or later."""
        await self._books.get(account_id).run(
            lambda ledger: ledger.change_instrument(symbol, change, effective_time_ns)
        )

    async def set_calendar(
        self, account_id: AccountId, calendar_id: str, sessions: Sequence[Session]
    ) -> None:
        """Make a table of sessions known to an account."""
        await self._books.get(account_id).run(
            lambda ledger: ledger.set_calendar(calendar_id, sessions)
        )

    async def apply_limits(self, account_id: AccountId, limits: Limits) -> None:
        """Put a version of the limits in force."""
        await self._books.get(account_id).run(lambda ledger: ledger.apply_limits(limits))


class MarketService:
    """Lets market data move the accounts that know its instrument."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def trade_bar(self, bar: MarketBar, phase: BarPhase = BarPhase.WHOLE) -> None:
        """Let every account's venue trade a bar; return once all that came of it is published."""
        books = self._books.knowing(bar.symbol)
        await asyncio.gather(*(_trade_bar(book, bar, phase) for book in books))

    async def trade_ticks(self, moment: Sequence[MarketTicks]) -> None:
        """Let every account's venue trade the ticks of one time, symbol by symbol.

        Return as `trade_bar`; nothing of it is published before all of it is traded.

        Raises
        ------
        DataValueError, InvalidArgumentError
            A tick contradicts itself, or is finer than the instrument: the account trades none.
        """
        books = dict.fromkeys(
            book for ticks in moment for book in self._books.knowing(ticks.symbol)
        )
        await asyncio.gather(*(_trade_ticks(book, moment) for book in books))

    async def pass_time(self, account_id: AccountId, time_ns: int) -> None:
        """Let an account's time go on between data: what is sent next is sent then."""
        await _walk(self._books.get(account_id), lambda ledger: ledger.pass_time(time_ns))

    async def rest(self) -> None:
        """Return once accounts have done all they were asked for, and published what came of it."""
        await asyncio.gather(*(book.rest() for book in self._books.all() if not book.halted))

    async def mark(self, symbol: str, price: Decimal, price_time_ns: int, source: str) -> None:
        """Tell every account a reference price."""

        def work(ledger: Ledger) -> None:
            ledger.mark(symbol, price, price_time_ns, source)

        await asyncio.gather(*(book.run(work) for book in self._books.knowing(symbol)))


async def _trade_bar(book: Book, bar: MarketBar, phase: BarPhase) -> None:
    # A venue walks one thing at a time.
    async with book.walking:
        await _walk(book, lambda ledger: ledger.walk_bar(bar, phase))
    await book.outbox.drained()


async def _trade_ticks(book: Book, moment: Sequence[MarketTicks]) -> None:
    known = [ticks for ticks in moment if ticks.symbol in book.ledger.instruments]
    # Who reacts to a fill of one symbol must find that the others have met their ticks.
    async with book.walking:
        with book.outbox.held():
            await _walk(book, lambda ledger: ledger.walk_ticks(known))
    await book.outbox.drained()


async def _walk(book: Book, begin: Callable[[Ledger], Walk]) -> None:
    walk = begin(book.ledger)
    while await book.run(lambda _: next(walk, False)):
        pass


def refusal_error(order: Order, refusal: CheckFailure) -> AlgoTrendyError:
    """Return the error that tells a client what refused an order, and by which numbers."""
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


def _taken(order: Order, refusal: CheckFailure | None) -> Order:
    """Return an order that was taken; raise what it was refused for."""
    if refusal is not None:
        _log("order_refused", order, reason=refusal.reason, rule=refusal.rule)
        raise refusal_error(order, refusal)
    _log("order_taken", order, side=order.side.value, quantity=str(order.quantity))
    return order


def _log(event: str, order: Order, **values: str) -> None:
    log.info(
        event,
        account_id=order.account_id,
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        strategy_id=order.strategy_id,
        symbol=order.symbol,
        **values,
    )
