"""A market for tests on a running platform: an account, and days that are replayed to it."""

from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Final

from google.protobuf.message import Message

from algotrendy.api.market_data.v1 import market_data_events_pb2, market_data_pb2
from algotrendy.api.trading.v1 import order_entry_service_pb2 as entry_pb
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.api.trading.v1 import trading_service_pb2 as pb
from algotrendy.api.trading.v1.order_entry_service_pb2_grpc import OrderEntryServiceStub
from algotrendy.api.trading.v1.trading_service_pb2_grpc import TradingServiceStub
from algotrendy.bus import Event
from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.instrument import Instrument
from algotrendy.platform.supervisor import Running
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.market_data import encode_instrument
from algotrendy.rpc.time import encode_time

_DEADLINE_S: Final = 10.0


class PaperMarket:
    """One instrument, traded by paper accounts of a running trading area.

    Parameters
    ----------
    settlers : set of str
        The durable consumers that have dealt with a day's fills and its price before the next
        begins: of `risk` and `portfolio`, those that run.
    """

    def __init__(
        self, running: Running, settlers: AbstractSet[str], instrument: Instrument | None = None
    ) -> None:
        channel = running.context.channels.to("trading")
        self.instrument = instrument or Instrument("SPY")
        self.trading = TradingServiceStub(channel)
        self.order_entry = OrderEntryServiceStub(channel)
        self._barrier = running.context.bus.barrier
        self._settlers = settlers

    async def open_account(self, name: str = "Paper", cash: str = "1000000") -> str:
        """Open an account that knows the instrument, and return its id."""
        opened = await self.trading.OpenAccount(
            pb.OpenAccountRequest(
                request_id=name,
                display_name=name,
                currency="USD",
                initial_cash=encode_decimal(Decimal(cash)),
                venue_terms=trading_pb2.PaperVenueTerms(fee_bps=encode_decimal(Decimal(1))),
            )
        )
        await self.trading.RegisterInstruments(
            pb.RegisterInstrumentsRequest(
                account_id=opened.account.account_id,
                instruments=[encode_instrument(self.instrument)],
            )
        )
        return opened.account.account_id

    async def order(self, account_id: str, client_order_id: str, quantity: int) -> None:
        """Submit a market order; a negative quantity sells."""
        side = trading_pb2.SIDE_BUY if quantity > 0 else trading_pb2.SIDE_SELL
        await self.order_entry.SubmitOrder(
            entry_pb.SubmitOrderRequest(
                account_id=account_id,
                client_order_id=client_order_id,
                symbol=self.instrument.symbol,
                side=side,
                quantity=encode_decimal(Decimal(abs(quantity))),
            )
        )

    async def replay(self, day: int, open_price: str, close_price: str) -> None:
        """Replay one day: orders fill at its open, and its close is the new reference price."""
        bar = _bar(self.instrument.symbol, day, open_price, close_price)
        close_ns = (day + 1) * DAY_NS - 1
        await self._tell(
            "venue_bar", day * DAY_NS, market_data_events_pb2.VenueBar(bar=bar), {"trading"}
        )
        await self.settle()
        update = market_data_events_pb2.PriceUpdate(
            symbol=self.instrument.symbol,
            price=bar.close,
            price_time=encode_time(close_ns),
            source="close",
        )
        await self._tell("price_update", close_ns, update, {"trading"} | self._settlers)

    async def settle(self) -> None:
        """Wait until all that was published is dealt with."""
        await self._barrier.settle(self._settlers, _DEADLINE_S)

    async def _tell(
        self, name: str, time_ns: int, payload: Message, expected: AbstractSet[str]
    ) -> None:
        event = Event(
            event_id=f"{name}:{time_ns}",
            type=payload.DESCRIPTOR.name,
            subject=f"algotrendy.market_data.v1.{name}.{self.instrument.symbol}",
            create_time_ns=time_ns,
            source="market_data",
            payload=payload,
        )
        await self._barrier.publish_and_wait(event, expected, _DEADLINE_S)


def _bar(symbol: str, day: int, open_price: str, close_price: str) -> market_data_pb2.Bar:
    prices = sorted((Decimal(open_price), Decimal(close_price)))
    return market_data_pb2.Bar(
        symbol=symbol,
        open_time=encode_time(day * DAY_NS),
        close_time=encode_time((day + 1) * DAY_NS - 1),
        open=encode_decimal(Decimal(open_price)),
        high=encode_decimal(prices[1]),
        low=encode_decimal(prices[0]),
        close=encode_decimal(Decimal(close_price)),
        volume=encode_decimal(Decimal(1)),
    )
