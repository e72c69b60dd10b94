"""The trading area over gRPC."""

import grpc

from algotrendy.api.trading.v1 import trading_service_pb2 as pb
from algotrendy.api.trading.v1.trading_service_pb2_grpc import TradingServiceStub
from algotrendy.domain.ids import AccountId
from algotrendy.domain.limits import Limits
from algotrendy.rpc.limits import encode_limits
from algotrendy.rpc.paging import pages


class GrpcTrading:
    """See `ports.Trading`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = TradingServiceStub(channel)

    async def limits_version(self, account_id: AccountId) -> int:
        """See `Trading`."""
        response = await self._stub.GetAccount(pb.GetAccountRequest(account_id=account_id))
        return int(response.account.limits_version)

    async def limits_versions(self) -> dict[AccountId, int]:
        """See `Trading`."""
        return {
            AccountId(account.account_id): account.limits_version
            async for page in pages(self._stub.ListAccounts, pb.ListAccountsRequest())
            for account in page.accounts
        }

    async def apply(self, account_id: AccountId, limits: Limits) -> None:
        """See `Trading`."""
        await self._stub.ApplyLimits(
            pb.ApplyLimitsRequest(account_id=account_id, limits=encode_limits(limits))
        )
