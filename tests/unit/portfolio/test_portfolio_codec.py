from decimal import Decimal

import pytest
from google.protobuf.message import Message

from algotrendy.api.event.v1 import envelope_pb2
from algotrendy.api.market_data.v1 import market_data_events_pb2, market_data_pb2
from algotrendy.api.trading.v1 import trading_events_pb2, trading_pb2
from algotrendy.domain.order import Side
from algotrendy.portfolio import codec
from algotrendy.portfolio.changes import (
    AccountOpened,
    CashMoved,
    Cause,
    Change,
    Filled,
    InstrumentRegistered,
    PositionTurned,
)
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.time import encode_time

CAUSE = Cause("a:7", 7, 5, "bar")


def decoded(payload: Message) -> Change | None:
    envelope = envelope_pb2.Envelope(
        event_id="a:7", sequence=7, create_time=encode_time(5), correlation_id="bar"
    )
    return codec.decode_change(envelope, payload)


def test_an_opened_account_opens_a_book() -> None:
    opened = trading_events_pb2.AccountOpened(account_id="a", display_name="Paper", currency="USD")
    assert decoded(opened) == AccountOpened("a", "Paper", "USD", CAUSE)


def test_moved_cash_tells_amount_and_balance() -> None:
    moved = trading_events_pb2.CashMoved(
        account_id="a", amount=encode_decimal(Decimal(-2)), balance=encode_decimal(Decimal(8))
    )
    assert decoded(moved) == CashMoved("a", Decimal(-2), Decimal(8), CAUSE)


def test_an_instrument_tells_the_scale_of_its_notional() -> None:
    instrument = market_data_pb2.Instrument(
        symbol="BTC",
        kind=market_data_pb2.INSTRUMENT_KIND_CRYPTO,
        currency="USD",
        tick_size=encode_decimal(Decimal("0.01")),
        lot_size=encode_decimal(Decimal("0.0001")),
        multiplier=1,
    )
    registered = trading_events_pb2.InstrumentRegistered(account_id="a", instrument=instrument)
    assert decoded(registered) == InstrumentRegistered("a", "BTC", 1, 6, CAUSE)


def test_a_fill_is_told_at_the_time_of_the_fill() -> None:
    fill = trading_pb2.Fill(
        account_id="a",
        symbol="SPY",
        side=trading_pb2.SIDE_SELL,
        quantity=encode_decimal(Decimal(3)),
        price=encode_decimal(Decimal("1.50")),
        fee=encode_decimal(Decimal("0.01")),
        fill_time=encode_time(4),
    )
    filled = trading_events_pb2.OrderFilled(fill=fill, cash=encode_decimal(Decimal(9)))
    assert decoded(filled) == Filled(
        "a", "SPY", Side.SELL, Decimal(3), Decimal("1.50"), Decimal("0.01"), Decimal(9),
        Cause("a:7", 7, 4, "bar"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "event", [trading_events_pb2.PositionOpened, trading_events_pb2.PositionClosed]
)
def test_a_position_turns_when_it_is_opened_or_closed(
    event: type[trading_events_pb2.PositionOpened],
) -> None:
    position = trading_pb2.Position(account_id="a", symbol="SPY")
    assert decoded(event(position=position)) == PositionTurned("a", "SPY", CAUSE)


def test_other_events_mean_nothing_for_a_book() -> None:
    assert decoded(trading_events_pb2.OrderCreated()) is None


def test_a_price_update_tells_symbol_and_price() -> None:
    update = market_data_events_pb2.PriceUpdate(symbol="SPY", price=encode_decimal(Decimal("1.5")))
    assert codec.decode_price(update) == ("SPY", Decimal("1.5"))
