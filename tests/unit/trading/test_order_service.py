from decimal import Decimal

import pytest

from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.ids import AccountId, OrderId
from algotrendy.domain.order import Side
from algotrendy.errors import (
    AccountNotFoundError,
    AlgoTrendyError,
    ClientOrderIdReusedError,
    InstrumentNotFoundError,
    InsufficientFundsError,
    InvalidArgumentError,
    LimitsMissingError,
    NotionalLimitExceededError,
    OrderNotFoundError,
    OrderStateError,
    OrderTermsError,
    OverflowValueError,
    PriceNotPositiveError,
    PriceOffTickError,
    QuantityNotPositiveError,
    QuantityOffLotError,
    ReferencePriceMissingError,
    ReferencePriceStaleError,
)
from algotrendy.testing.trading import (
    ACCOUNT_ID,
    SPY,
    FakePublisher,
    account_terms,
    buy,
    daily_bar,
    wide_limits,
)
from algotrendy.trading.book import Book
from algotrendy.trading.books import Books
from algotrendy.trading.ledger import Ledger
from algotrendy.trading.model import BarPhase, OrderStatus
from algotrendy.trading.service import MarketService, OrderService
from algotrendy.trading.terms import (
    NewOrder,
    OrderType,
    Replacement,
    ReplaceTerms,
    TimeInForce,
)


async def test_a_market_order_fills_at_the_next_bars_open(
    orders: OrderService, market: MarketService
) -> None:
    order = await orders.submit(buy(quantity="10"))
    assert (order.status, order.order_type) == (OrderStatus.PENDING_NEW, OrderType.MARKET)

    await market.trade_bar(daily_bar(1, ("100.25", "101", "99", "100")))

    filled = await orders.get(order.order_id)
    assert (filled.status, filled.average_price) == (OrderStatus.FILLED, Decimal("100.25"))
    fills = (await orders.fills(ACCOUNT_ID, 0, 10)).items
    assert [(fill.quantity, fill.price, fill.fill_time_ns) for fill in fills] == [
        (Decimal(10), Decimal("100.25"), DAY_NS)
    ]


async def test_an_order_does_not_fill_on_a_bar_that_opened_before_it_was_decided(
    orders: OrderService, market: MarketService
) -> None:
    await market.mark("SPY", Decimal(100), 2 * DAY_NS, "close")
    order = await orders.submit(buy())

    await market.trade_bar(daily_bar(1))

    assert (await orders.get(order.order_id)).status is OrderStatus.NEW


async def test_a_bar_that_is_replayed_again_trades_nothing(
    orders: OrderService, market: MarketService
) -> None:
    await market.trade_bar(daily_bar(1))
    order = await orders.submit(buy())
    await market.trade_bar(daily_bar(1))
    assert (await orders.get(order.order_id)).status is OrderStatus.NEW


@pytest.mark.parametrize(
    ("order", "error", "metadata"),
    [
        (buy(quantity="0"), QuantityNotPositiveError, {"quantity": "0"}),
        (buy(quantity="-5"), QuantityNotPositiveError, {"quantity": "-5"}),
        (buy(quantity="1.5"), QuantityOffLotError, {"quantity": "1.5", "lot_size": "1"}),
        (buy(quantity="1e40"), OverflowValueError, {"field": "quantity"}),
        (buy(limit_price="0"), PriceNotPositiveError, {"price": "0"}),
        (buy(limit_price="-1"), PriceNotPositiveError, {"price": "-1"}),
        (
            buy(limit_price="100.005"),
            PriceOffTickError,
            {"price": "100.005", "tick_size": "0.01"},
        ),
        (buy(symbol="NOPE"), InstrumentNotFoundError, {"symbol": "NOPE"}),
        (buy(time_in_force=TimeInForce.GTD), OrderTermsError, {"field": "expire_time_ns"}),
        (buy(account_id=AccountId("nobody")), AccountNotFoundError, {"account_id": "nobody"}),
    ],
)
async def test_an_order_that_is_wrong_whatever_the_state_is_refused_and_leaves_no_trace(
    orders: OrderService,
    publisher: FakePublisher,
    book: Book,
    order: NewOrder,
    error: type[AlgoTrendyError],
    metadata: dict[str, str],
) -> None:
    # Time passes before any command, also before one that is wrong.
    await book.run(Ledger.advance)
    await book.outbox.drained()
    published = list(publisher.ids)

    with pytest.raises(error) as refusal:
        await orders.submit(order)

    assert metadata.items() <= refusal.value.metadata.items()
    assert (await orders.list(ACCOUNT_ID, 0, 10, open_only=False)).items == []
    await book.outbox.drained()
    assert publisher.ids == published


@pytest.mark.parametrize("client_order_id", ["", "x" * 65])
def test_a_client_order_id_has_1_to_64_characters(client_order_id: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        buy(client_order_id=client_order_id)
    assert refusal.value.metadata["field"] == "client_order_id"


async def test_an_order_above_the_notional_limit_is_refused(
    orders: OrderService, book: Book
) -> None:
    limits = wide_limits(2, max_order_notional=Decimal(1000))
    await book.run(lambda ledger: ledger.apply_limits(limits))

    with pytest.raises(NotionalLimitExceededError) as refusal:
        await orders.submit(buy(quantity="11"))

    metadata = refusal.value.metadata
    assert (metadata["rule"], metadata["symbol"]) == ("order_notional", "SPY")
    assert Decimal(metadata["limit"]) == Decimal(1000)
    assert Decimal(metadata["observed"]) == Decimal(1100)


async def test_an_order_is_refused_without_limits(books: Books) -> None:
    book = await books.open(account_terms())
    await book.run(lambda ledger: ledger.register(SPY))
    with pytest.raises(LimitsMissingError):
        await OrderService(books).submit(buy())


async def test_an_order_is_refused_without_a_reference_price(books: Books) -> None:
    book = await books.open(account_terms())
    await book.run(lambda ledger: ledger.register(SPY))
    await book.run(lambda ledger: ledger.apply_limits(wide_limits()))
    with pytest.raises(ReferencePriceMissingError):
        await OrderService(books).submit(buy())


async def test_an_order_is_refused_at_a_stale_reference_price(
    orders: OrderService, market: MarketService, book: Book
) -> None:
    await book.run(lambda ledger: ledger.apply_limits(wide_limits(2, max_reference_age_s=3600)))
    await market.mark("SPY", Decimal(100), DAY_NS - 3_601_000_000_000, "close")
    # The bar moves the account's time on; its close has not been told yet.
    await market.trade_bar(daily_bar(1))
    with pytest.raises(ReferencePriceStaleError):
        await orders.submit(buy())


async def test_an_order_beyond_the_cash_is_refused(orders: OrderService) -> None:
    with pytest.raises(InsufficientFundsError):
        await orders.submit(buy(quantity="1001"))


async def test_repeating_a_client_order_id_with_the_same_terms_returns_the_first_order(
    orders: OrderService, market: MarketService
) -> None:
    first = await orders.submit(buy(quantity="10"))
    await market.trade_bar(daily_bar(1))
    again = await orders.submit(buy(quantity="10.0"))
    assert (again.order_id, again.status) == (first.order_id, OrderStatus.FILLED)


async def test_repeating_a_refused_order_returns_the_same_refusal(
    orders: OrderService, market: MarketService
) -> None:
    with pytest.raises(InsufficientFundsError) as first:
        await orders.submit(buy(quantity="1001"))
    # It would pass now; the first answer stands.
    await market.mark("SPY", Decimal(1), DAY_NS, "test")
    with pytest.raises(InsufficientFundsError) as second:
        await orders.submit(buy(quantity="1001"))
    assert second.value.metadata == first.value.metadata


async def test_repeating_a_client_order_id_with_other_terms_is_refused(
    orders: OrderService,
) -> None:
    first = await orders.submit(buy(quantity="10"))
    with pytest.raises(ClientOrderIdReusedError) as refusal:
        await orders.submit(buy(quantity="11"))
    assert refusal.value.metadata["order_id"] == first.order_id


async def test_a_cancelled_order_does_not_fill(orders: OrderService, market: MarketService) -> None:
    order = await orders.submit(buy())
    assert (await orders.cancel(order.order_id)).status is OrderStatus.CANCELED
    assert (await orders.cancel(order.order_id)).status is OrderStatus.CANCELED
    await market.trade_bar(daily_bar(1))
    assert (await orders.fills(ACCOUNT_ID, 0, 10)).items == []


async def test_a_filled_order_cannot_be_cancelled(
    orders: OrderService, market: MarketService
) -> None:
    order = await orders.submit(buy())
    await market.trade_bar(daily_bar(1))
    with pytest.raises(OrderStateError):
        await orders.cancel(order.order_id)


async def test_cancelling_an_order_that_does_not_exist_is_refused(orders: OrderService) -> None:
    with pytest.raises(OrderNotFoundError):
        await orders.cancel(OrderId("nothing"))


async def test_a_day_order_expires_when_its_time_is_over(
    orders: OrderService, market: MarketService
) -> None:
    order = await orders.submit(
        buy(limit_price="50", time_in_force=TimeInForce.DAY, expire_time_ns=3 * DAY_NS)
    )
    await market.trade_bar(daily_bar(1))
    assert (await orders.get(order.order_id)).status is OrderStatus.NEW
    # It ends as this bar does, so the next one does not fill it.
    await market.trade_bar(daily_bar(2))
    await market.trade_bar(daily_bar(3, ("49", "49", "49", "49")))
    assert (await orders.get(order.order_id)).status is OrderStatus.EXPIRED


async def test_check_tells_every_failure_and_changes_nothing(
    orders: OrderService, book: Book
) -> None:
    limits = wide_limits(2, max_order_quantity=Decimal(5), max_order_notional=Decimal(500))
    await book.run(lambda ledger: ledger.apply_limits(limits))

    result = await orders.check(buy(quantity="10"))

    assert [failure.reason for failure in result.failures] == [
        "QUANTITY_LIMIT_EXCEEDED",
        "NOTIONAL_LIMIT_EXCEEDED",
    ]
    assert (result.reference_price, result.notional) == (Decimal(100), Decimal(1000))
    assert (await orders.check(buy(quantity="5"))).accepted
    assert (await orders.list(ACCOUNT_ID, 0, 10, open_only=False)).items == []


async def test_orders_are_listed_in_pages_oldest_first(
    orders: OrderService, market: MarketService
) -> None:
    submitted = [
        (await orders.submit(buy(quantity="1", client_order_id=f"order-{n}"))).order_id
        for n in range(3)
    ]
    await market.trade_bar(daily_bar(1))
    waiting = await orders.submit(buy(limit_price="50", client_order_id="waiting"))

    first = await orders.list(ACCOUNT_ID, 0, 2, open_only=False)
    assert first.next_start is not None
    second = await orders.list(ACCOUNT_ID, first.next_start, 2, open_only=False)
    assert [order.order_id for order in (*first.items, *second.items)] == [
        *submitted,
        waiting.order_id,
    ]
    assert second.next_start is None
    still_open = await orders.list(ACCOUNT_ID, 0, 10, open_only=True)
    assert [order.order_id for order in still_open.items] == [waiting.order_id]


async def test_an_account_shows_cash_positions_and_equity_exactly(
    orders: OrderService, market: MarketService, book: Book
) -> None:
    await orders.submit(buy(quantity="3"))
    await market.trade_bar(daily_bar(1, ("100.01", "102", "99", "101")))
    await orders.submit(buy(quantity="1", side=Side.SELL, client_order_id="order-2"))
    await market.trade_bar(daily_bar(2, ("103", "104", "99", "101")))
    await market.mark("SPY", Decimal("101.50"), 3 * DAY_NS, "close")

    account = await book.run(lambda ledger: ledger.account())

    assert account.cash == Decimal(100000) - Decimal("300.03") + Decimal(103)
    (position,) = account.positions
    assert (position.quantity, position.average_price) == (Decimal(2), Decimal("100.01"))
    assert (position.realized_pnl, position.unrealized_pnl) == (Decimal("2.99"), Decimal("2.98"))
    assert account.equity == account.cash + Decimal(203)


async def test_a_fill_that_crosses_a_cancel_or_a_replacement_counts_and_halts_nothing(
    orders: OrderService, book: Book
) -> None:
    first = await orders.submit(buy(client_order_id="first"))
    second = await orders.submit(buy(client_order_id="second", limit_price="100"))
    changes = ReplaceTerms(second.order_id, Replacement(quantity=Decimal(7)))

    def cross(ledger: Ledger) -> None:
        """Both fill before the venue hears that one is cancelled and the other changed."""
        ledger.cancel(first.order_id)
        ledger.replace(changes)
        assert list(ledger.walk_bar(daily_bar(1), BarPhase.WHOLE))

    await book.run(cross)
    found = [await orders.get(order.order_id) for order in (first, second)]
    assert [order.status for order in found] == [OrderStatus.FILLED, OrderStatus.FILLED]
    await orders.submit(buy(client_order_id="third"))
