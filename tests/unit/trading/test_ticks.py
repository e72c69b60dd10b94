"""Accounts trade ticks: all of one time at once, each time once, and none of which one is wrong."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import Side
from algotrendy.errors import (
    AlgoTrendyError,
    CoreHaltedError,
    DataValueError,
    InstrumentNotFoundError,
    InvalidArgumentError,
    StorageFullError,
)
from algotrendy.testing.trading import (
    ACCOUNT_ID,
    FakeJournal,
    FakeJournals,
    FakePublisher,
    buy,
    daily_bar,
)
from algotrendy.trading.book import Book
from algotrendy.trading.books import Books
from algotrendy.trading.ledger import Ledger
from algotrendy.trading.model import (
    MarketQuote,
    MarketTicks,
    MarketTrade,
    OrderStatus,
)
from algotrendy.trading.service import MarketService, OrderService
from algotrendy.trading.terms import TimeInForce

QUOTE = MarketQuote(Decimal("99.99"), Decimal("100.01"), Decimal(500), Decimal(500))
QQQ = Instrument("QQQ")


def trade(price: str, quantity: str = "100") -> MarketTrade:
    return MarketTrade(Decimal(price), Decimal(quantity))


def ticks(
    time_ns: int,
    trades: Sequence[MarketTrade] = (),
    quotes: Sequence[MarketQuote] = (),
    symbol: str = "SPY",
) -> MarketTicks:
    return MarketTicks(symbol, time_ns, tuple(trades), tuple(quotes))


async def filled(orders: OrderService) -> list[tuple[str, str]]:
    """The fills, oldest first: of which order, at what price."""
    listed = await orders.list(ACCOUNT_ID, 0, 100, open_only=False)
    names = {str(order.order_id): order.client_order_id for order in listed.items}
    page = await orders.fills(ACCOUNT_ID, 0, 100)
    return [(names[fill.order_id], str(fill.price)) for fill in page.items]


async def reference_price(orders: OrderService) -> Decimal | None:
    return (await orders.check(buy(client_order_id="check"))).reference_price


async def test_ticks_of_one_time_are_met_one_by_one_trades_first(
    orders: OrderService, market: MarketService
) -> None:
    await orders.submit(buy(client_order_id="low", limit_price="99"))
    await orders.submit(buy(client_order_id="stop", stop_price=Decimal(101)))
    moment = [ticks(5, [trade("99.50"), trade("98.90"), trade("101.00")], [QUOTE])]
    await market.trade_ticks(moment)
    assert await filled(orders) == [("low", "99.00"), ("stop", "101.00")]


async def test_each_tick_is_the_reference_price_from_then_on(
    orders: OrderService, market: MarketService
) -> None:
    await market.trade_ticks([ticks(5, [trade("99.50"), trade("98.90")])])
    assert await reference_price(orders) == Decimal("98.90")
    odd = replace(QUOTE, ask=Decimal("100.02"))
    await market.trade_ticks([ticks(6, [trade("97.00")], [odd])])
    # The middle, rounded down to what the instrument's prices can be.
    assert await reference_price(orders) == Decimal("100.00")


async def test_what_a_fill_releases_meets_the_next_tick_of_the_same_time(
    orders: OrderService, market: MarketService
) -> None:
    await orders.submit(buy(client_order_id="entry"))
    await market.trade_ticks([ticks(5, [trade("100.00")])])
    await orders.submit(buy(client_order_id="exit", side=Side.SELL, stop_price=Decimal(99)))
    await market.trade_ticks([ticks(6, [trade("98.50"), trade("98.40")])])
    assert await filled(orders) == [("entry", "100.00"), ("exit", "98.50")]


async def test_an_order_that_is_sent_where_a_quote_stands_takes_it_at_once(
    orders: OrderService, market: MarketService, book: Book
) -> None:
    await market.trade_ticks([ticks(5, (), [QUOTE])])
    await orders.submit(buy())
    await book.rest()
    assert await filled(orders) == [("order-1", "100.01")]


async def test_ticks_that_are_told_again_trade_nothing(
    orders: OrderService, market: MarketService
) -> None:
    moment = [ticks(5, [trade("100.00"), trade("99.00")])]
    await market.trade_ticks(moment)
    await orders.submit(buy(limit_price="99.50"))
    await market.trade_ticks(moment)
    await market.trade_ticks([ticks(4, [trade("98.00")])])
    assert await filled(orders) == []
    assert await reference_price(orders) == Decimal("99.00")
    await market.trade_ticks([ticks(6, [trade("99.25")])])
    assert await filled(orders) == [("order-1", "99.25")]


async def test_another_symbols_ticks_of_the_same_time_are_not_past(
    orders: OrderService, market: MarketService, book: Book
) -> None:
    await book.run(lambda ledger: ledger.register(QQQ))
    await market.trade_ticks([ticks(5, [trade("50.00")], symbol="QQQ")])
    await orders.submit(buy(limit_price="100"))
    await market.trade_ticks([ticks(5, [trade("99.00")])])
    assert await filled(orders) == [("order-1", "99.00")]


@pytest.mark.parametrize(("time_ns", "expected"), [(5, OrderStatus.NEW), (6, OrderStatus.FILLED)])
async def test_after_a_restart_ticks_of_the_last_time_are_past(
    orders: OrderService,
    market: MarketService,
    books: Books,
    journals: FakeJournals,
    publisher: FakePublisher,
    time_ns: int,
    expected: OrderStatus,
) -> None:
    await market.trade_ticks([ticks(5, [trade("100.00")])])
    order = await orders.submit(buy(limit_price="99"))
    await books.close()
    async with Books(journals, publisher) as restarted:
        await restarted.recover()
        await MarketService(restarted).trade_ticks([ticks(time_ns, [trade("98.00")])])
        assert (await OrderService(restarted).get(order.order_id)).status is expected


async def test_ticks_after_a_replay_of_bars_and_bars_after_one_of_ticks_follow_on(
    orders: OrderService, market: MarketService
) -> None:
    await market.trade_bar(daily_bar(1))
    await market.mark("SPY", Decimal(100), 2 * DAY_NS, "bar")
    order = await orders.submit(buy(limit_price="99"))
    # Of the day before, which was traded.
    await market.trade_ticks([ticks(2 * DAY_NS - 1, [trade("90.00")])])
    await market.trade_ticks([ticks(2 * DAY_NS, [trade("99.50")])])
    await market.trade_bar(daily_bar(1, ("90", "90", "90", "90")))
    await market.trade_bar(daily_bar(2, ("90", "90", "90", "90")))
    assert (await orders.get(order.order_id)).status is OrderStatus.NEW
    await market.trade_bar(daily_bar(3, ("98", "98", "98", "98")))
    assert await filled(orders) == [("order-1", "98.00")]


async def test_where_only_a_bar_closes_time_passes(
    orders: OrderService, market: MarketService, book: Book
) -> None:
    await market.trade_ticks([ticks(5, [trade("100.00")])])
    expiring = await orders.submit(
        buy(
            limit_price="99",
            client_order_id="gtd",
            time_in_force=TimeInForce.GTD,
            expire_time_ns=7,
        )
    )
    await market.trade_ticks([ticks(9)])
    assert (await orders.get(expiring.order_id)).status is OrderStatus.EXPIRED
    assert (await orders.submit(buy())).create_time_ns == 9
    # Nothing was made then: what is made at that time is not past.
    await market.trade_ticks([ticks(9, [trade("100.50")])])
    assert await filled(orders) == [("order-1", "100.50")]


WRONG: list[tuple[str, MarketTrade | MarketQuote]] = [
    ("ask", replace(QUOTE, ask=Decimal("99.98"))),
    ("bid", replace(QUOTE, bid=Decimal(0))),
    ("bid_size", replace(QUOTE, bid_size=Decimal(-1))),
    ("ask_size", replace(QUOTE, ask_size=Decimal(-1))),
    ("price", trade("0")),
    ("price", trade("-1")),
    ("quantity", trade("100", "-1")),
]
TOO_FINE: list[tuple[str, MarketTrade | MarketQuote]] = [
    ("price", trade("100.001")),
    ("quantity", trade("100", "0.5")),
    ("ask", replace(QUOTE, ask=Decimal("100.001"))),
    ("bid_size", replace(QUOTE, bid_size=Decimal("0.1"))),
]


@pytest.mark.parametrize(
    ("error", "field", "wrong"),
    [
        *((DataValueError, *each) for each in WRONG),
        *((InvalidArgumentError, *each) for each in TOO_FINE),
    ],
)
async def test_of_ticks_of_which_one_is_wrong_none_is_traded(
    orders: OrderService,
    market: MarketService,
    book: Book,
    publisher: FakePublisher,
    error: type[AlgoTrendyError],
    field: str,
    wrong: MarketTrade | MarketQuote,
) -> None:
    await book.run(lambda ledger: ledger.register(QQQ))
    await orders.submit(buy())
    await book.rest()
    published, account = list(publisher.ids), await book.run(Ledger.account)

    good = ticks(5, [trade("99.00")])
    bad = (
        ticks(5, [trade("50"), wrong], symbol="QQQ")
        if isinstance(wrong, MarketTrade)
        else ticks(5, (), [QUOTE, wrong], symbol="QQQ")
    )
    with pytest.raises(error) as refusal:
        await market.trade_ticks([good, bad])

    assert refusal.value.metadata["field"] == field
    await book.rest()
    assert publisher.ids == published
    assert await book.run(Ledger.account) == account
    assert await reference_price(orders) == Decimal(100)
    # What was right with them is traded when it comes again.
    await market.trade_ticks([good])
    assert await filled(orders) == [("order-1", "99.00")]


async def test_ticks_of_a_symbol_that_an_account_does_not_know_are_not_its_own(
    orders: OrderService, market: MarketService, book: Book
) -> None:
    await market.trade_ticks([ticks(5, [trade("50")], symbol="QQQ")])
    await market.trade_ticks([ticks(5, [trade("50")], symbol="QQQ"), ticks(5, [trade("99")])])
    assert await reference_price(orders) == Decimal(99)
    with pytest.raises(InstrumentNotFoundError):
        await book.run(lambda ledger: list(ledger.walk_ticks([ticks(6, symbol="QQQ")])))


async def test_what_comes_of_a_moment_is_published_once_all_of_it_is_traded(
    orders: OrderService, market: MarketService, book: Book, publisher: FakePublisher
) -> None:
    await book.run(lambda ledger: ledger.register(QQQ))
    await orders.submit(buy())
    await book.rest()
    await market.mark("QQQ", Decimal(50), 2, "test")
    await orders.submit(replace(buy(client_order_id="second"), symbol="QQQ"))
    await book.rest()
    before = len(publisher.observed)
    publisher.observe = lambda: " ".join(
        position.symbol for position in book.ledger.account().positions
    )
    await market.trade_ticks([ticks(5, [trade("99.00")]), ticks(5, [trade("50.00")], symbol="QQQ")])
    # As the first fill was told, the second had been made.
    assert publisher.names[before:].count("OrderFilled") == 2
    assert {*publisher.observed[before:]} in ({"QQQ SPY"}, {"SPY QQQ"})


async def test_a_failed_write_halts_the_account_and_holds_nothing_back(
    orders: OrderService,
    market: MarketService,
    book: Book,
    journal: FakeJournal,
    publisher: FakePublisher,
) -> None:
    await orders.submit(buy())
    journal.append_failure = StorageFullError("The disk is full.")
    with pytest.raises(StorageFullError):
        await market.trade_ticks([ticks(5, [trade("99.00")])])
    assert book.halted
    # What was decided before is told, and the account holds up no replay.
    await book.outbox.drained()
    assert publisher.names[-2:] == ["OrderCreated", "OrderAccepted"]
    await market.trade_ticks([ticks(6, [trade("99.00")])])
    with pytest.raises(CoreHaltedError):
        await book.run(Ledger.account)
