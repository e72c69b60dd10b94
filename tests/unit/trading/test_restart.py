"""What a restart keeps: lists, approvals, switches, overrides and what the venue must know."""

from dataclasses import replace
from decimal import Decimal

import pytest

from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.ids import ClientOrderId
from algotrendy.domain.limits import Limit, Limits, LimitSet, Severity
from algotrendy.domain.order import Side
from algotrendy.errors import (
    KillSwitchOnError,
    ReferencePriceMissingError,
    ValueAtRiskExceededError,
    VenueDisconnectedError,
)
from algotrendy.testing.trading import (
    ACCOUNT_ID,
    FakeJournals,
    FakePublisher,
    buy,
    daily_bar,
    wide_limits,
)
from algotrendy.trading.book import Book
from algotrendy.trading.books import Books
from algotrendy.trading.control_service import ControlService
from algotrendy.trading.controls import Consent, KillOrder, Override, OverrideGrant, Scope
from algotrendy.trading.model import OrderStatus
from algotrendy.trading.service import MarketService, OrderService
from algotrendy.trading.terms import (
    Adoption,
    Contingency,
    CovarianceTerms,
    NewOrderList,
    PositionAdjustment,
    Replacement,
    ReplaceTerms,
)


def bracket() -> NewOrderList:
    """Buy ten; sell them at 110, or at 95 once the market is there."""
    exits = {"side": Side.SELL}
    orders = (
        buy(client_order_id="entry"),
        buy(client_order_id="target", limit_price="110", **exits),
        buy(client_order_id="stop", stop_price=Decimal(95), **exits),
    )
    return NewOrderList(ACCOUNT_ID, "list-1", Contingency.BRACKET, orders)


async def restarted(books: Books, journals: FakeJournals, publisher: FakePublisher) -> Books:
    await books.close()
    after = Books(journals, publisher)
    await after.recover()
    return after


async def test_a_brackets_exits_go_on_where_they_were(
    orders: OrderService,
    market: MarketService,
    books: Books,
    journals: FakeJournals,
    publisher: FakePublisher,
) -> None:
    entry, target, stop = await orders.submit_list(bracket())
    await market.trade_bar(daily_bar(1))
    after = await restarted(books, journals, publisher)
    async with after:
        await MarketService(after).trade_bar(daily_bar(2, ("105", "111", "104", "110")))
        orders = OrderService(after)
        statuses = [(await orders.get(order.order_id)).status for order in (entry, target, stop)]
    assert statuses == [OrderStatus.FILLED, OrderStatus.FILLED, OrderStatus.CANCELED]


async def test_exits_that_wait_for_their_entry_still_wait(
    orders: OrderService, books: Books, journals: FakeJournals, publisher: FakePublisher
) -> None:
    _, target, _ = await orders.submit_list(bracket())
    after = await restarted(books, journals, publisher)
    async with after:
        assert (await OrderService(after).get(target.order_id)).held
        await MarketService(after).trade_bar(daily_bar(1))
        found = await OrderService(after).get(target.order_id)
    assert (found.held, found.status) == (False, OrderStatus.NEW)


async def test_a_replaced_order_works_as_it_was_replaced(
    orders: OrderService, books: Books, journals: FakeJournals, publisher: FakePublisher
) -> None:
    order = await orders.submit(buy(limit_price="90"))
    changes = Replacement(quantity=Decimal(7), limit_price=Decimal(95))
    await orders.replace(ReplaceTerms(order.order_id, changes))
    after = await restarted(books, journals, publisher)
    async with after:
        await MarketService(after).trade_bar(daily_bar(1, ("94", "94", "94", "94")))
        found = await OrderService(after).get(order.order_id)
    assert (found.status, found.filled_quantity) == (OrderStatus.FILLED, Decimal(7))


async def test_an_order_that_waits_for_approval_still_does(
    orders: OrderService,
    book: Book,
    books: Books,
    journals: FakeJournals,
    publisher: FakePublisher,
) -> None:
    soft = LimitSet(max_order_notional=Limit(Decimal(500), Severity.SOFT))
    limits = Limits(version=2, account_limits=soft, approval_ttl_ns=10 * DAY_NS)
    await book.run(lambda ledger: ledger.apply_limits(limits))
    waiting = await orders.submit(buy(trader_id="ann"))
    after = await restarted(books, journals, publisher)
    async with after:
        controls = ControlService(after)
        ((order, pending),) = await controls.approvals(ACCOUNT_ID)
        assert (order.order_id, pending.failure.rule) == (waiting.order_id, "order_notional")
        consent = Consent(waiting.order_id, "bob", "", grants=True)
        # No price was marked since the start, so the checks cannot be made again.
        with pytest.raises(ReferencePriceMissingError):
            await controls.consent(consent)


async def test_switches_and_overrides_are_as_they_were(
    book: Book, books: Books, journals: FakeJournals, publisher: FakePublisher
) -> None:
    controls = ControlService(books)
    override = Override("order_notional", until_ns=DAY_NS)
    await controls.grant_override(OverrideGrant(ACCOUNT_ID, override, "bob", "once"))
    await controls.kill(KillOrder(ACCOUNT_ID, Scope(), "ann", "a storm", flatten=False))
    before = await controls.switches(ACCOUNT_ID)
    after = await restarted(books, journals, publisher)
    async with after:
        assert await ControlService(after).switches(ACCOUNT_ID) == before
        await MarketService(after).mark("SPY", Decimal(100), 2, "test")
        with pytest.raises(KillSwitchOnError):
            await OrderService(after).submit(buy())


async def test_a_reduce_only_order_is_cut_to_what_is_held_before_the_restart(
    orders: OrderService,
    market: MarketService,
    books: Books,
    journals: FakeJournals,
    publisher: FakePublisher,
) -> None:
    await orders.submit(buy())
    await market.trade_bar(daily_bar(1))
    exits = buy(side=Side.SELL, limit_price="110", reduce_only=True)
    first = replace(exits, client_order_id=ClientOrderId("exit-1"))
    await orders.submit(first)
    after = await restarted(books, journals, publisher)
    async with after:
        market, orders = MarketService(after), OrderService(after)
        await market.mark("SPY", Decimal(100), 2 * DAY_NS, "test")
        await orders.submit(replace(exits, client_order_id=ClientOrderId("exit-2")))
        await market.trade_bar(daily_bar(2, ("111", "112", "110", "111")))
        account = await orders.fills(ACCOUNT_ID, 0, 10)
    assert sum(fill.quantity for fill in account.items if fill.side is Side.SELL) == 10


async def test_limits_of_before_hold_after(
    book: Book, books: Books, journals: FakeJournals, publisher: FakePublisher
) -> None:
    limits = wide_limits(7, max_open_orders=3)
    await book.run(lambda ledger: ledger.apply_limits(limits))
    after = await restarted(books, journals, publisher)
    async with after:
        account = await after.get(ACCOUNT_ID).run(lambda ledger: ledger.account())
    assert account.limits_version == 7


async def test_an_adopted_order_and_an_adjusted_position_are_as_they_were(
    book: Book, books: Books, journals: FakeJournals, publisher: FakePublisher
) -> None:
    controls = ControlService(books)
    adjustment = PositionAdjustment(ACCOUNT_ID, "SPY", Decimal(3), Decimal(99), "grace", "")
    await controls.adjust_position(adjustment)
    order = await controls.adopt(Adoption(buy(limit_price="90"), Decimal(4), "v-9"))
    after = await restarted(books, journals, publisher)
    async with after:
        await MarketService(after).trade_bar(daily_bar(1, ("89", "89", "89", "89")))
        found = await OrderService(after).get(order.order_id)
        account = await after.get(ACCOUNT_ID).run(lambda ledger: ledger.account())
    assert (found.status, found.venue_order_id) == (OrderStatus.FILLED, "v-9")
    assert [position.quantity for position in account.positions] == [Decimal(9)]


async def test_a_covariance_and_a_lost_connection_are_as_they_were(
    book: Book, books: Books, journals: FakeJournals, publisher: FakePublisher
) -> None:
    controls = ControlService(books)
    # 1.645 times 2 % of 1000 is 32.90.
    limits = LimitSet(max_value_at_risk=Limit(Decimal("32.89")))
    await book.run(lambda ledger: ledger.apply_limits(Limits(version=2, account_limits=limits)))
    await controls.set_covariance(CovarianceTerms(ACCOUNT_ID, ("SPY",), (0.0004,)))
    await controls.set_connection(ACCOUNT_ID, connected=False)
    after = await restarted(books, journals, publisher)
    async with after:
        orders = OrderService(after)
        await MarketService(after).mark("SPY", Decimal(100), 2, "test")
        with pytest.raises(VenueDisconnectedError):
            await orders.submit(buy(quantity="1"))
        with pytest.raises(ValueAtRiskExceededError) as refusal:
            await orders.submit(buy(client_order_id="large"))
    assert Decimal(refusal.value.metadata["observed"]) == Decimal("32.90")
