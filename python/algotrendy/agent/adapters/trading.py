"""The trading area's order entry, over its contract."""

import grpc

from algotrendy.agent.codec import encode_terms
from algotrendy.agent.model import Check, CheckFailure, OrderTerms
from algotrendy.api.trading.v1 import order_entry_service_pb2 as pb
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.api.trading.v1.order_entry_service_pb2_grpc import OrderEntryServiceStub
from algotrendy.rpc.decimal import decode_optional_decimal


class GrpcOrders:
    """See `ports.Orders`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = OrderEntryServiceStub(channel)

    async def check(self, terms: OrderTerms) -> Check:
        """See `ports.Orders`."""
        response = await self._stub.CheckOrder(pb.CheckOrderRequest(order=encode_terms(terms)))
        return Check(
            accepted=response.accepted,
            failures=tuple(
                CheckFailure(failure.reason, failure.rule, failure.limit, failure.observed)
                for failure in response.failures
            ),
            reference_price=decode_optional_decimal(response, "reference_price"),
            notional=decode_optional_decimal(response, "notional"),
        )

    async def submit(self, terms: OrderTerms) -> trading_pb2.Order:
        """See `ports.Orders`."""
        return (await self._stub.SubmitOrder(encode_terms(terms))).order
