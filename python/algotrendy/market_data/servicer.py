"""`MarketDataService` on gRPC."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from algotrendy.api.market_data.v1 import market_data_service_pb2 as pb
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceServicer
from algotrendy.market_data import codec, style_codec, tick_codec
from algotrendy.market_data.replay_service import ReplayService
from algotrendy.market_data.service import MarketDataService
from algotrendy.rpc.market_data import encode_instrument
from algotrendy.rpc.paging import decode_page_size
from algotrendy.rpc.server import Context


class MarketDataServicer(MarketDataServiceServicer):
    """Decodes, calls, encodes."""

    def __init__(self, service: MarketDataService, replays: ReplayService) -> None:
        self._service = service
        self._replays = replays

    async def ImportBars(
        self, request: pb.ImportBarsRequest, context: Context
    ) -> pb.ImportBarsResponse:
        report = await self._service.import_bars(codec.decode_import(request))
        return codec.encode_report(report)

    async def ListInstruments(
        self, request: pb.ListInstrumentsRequest, context: Context
    ) -> pb.ListInstrumentsResponse:
        instruments, more = await self._service.instruments(
            decode_page_size(request.page_size), after=request.page_token
        )
        return pb.ListInstrumentsResponse(
            instruments=[encode_instrument(instrument) for instrument in instruments],
            next_page_token=instruments[-1].symbol if more else "",
        )

    async def GetBars(self, request: pb.GetBarsRequest, context: Context) -> pb.GetBarsResponse:
        bars = await self._service.bars(style_codec.decode_terms(request))
        # The largest answers take a tenth of a second, in which the loop would do nothing else.
        return await asyncio.to_thread(style_codec.encode_bars, bars)

    async def ImportQuotes(
        self, request: pb.ImportQuotesRequest, context: Context
    ) -> pb.ImportQuotesResponse:
        report = await self._service.import_quotes(tick_codec.decode_quote_import(request))
        return tick_codec.encode_quote_report(report)

    async def ListTrades(
        self, request: pb.ListTradesRequest, context: Context
    ) -> pb.ListTradesResponse:
        page = await self._service.trades(tick_codec.decode_tick_terms(request))
        return await asyncio.to_thread(tick_codec.encode_trades, page)

    async def ListQuotes(
        self, request: pb.ListQuotesRequest, context: Context
    ) -> pb.ListQuotesResponse:
        page = await self._service.quotes(tick_codec.decode_tick_terms(request))
        return await asyncio.to_thread(tick_codec.encode_quotes, page)

    async def ReplayBars(
        self, request: pb.ReplayBarsRequest, context: Context
    ) -> AsyncIterator[pb.ReplayBarsResponse]:
        progress = self._replays.replay_bars(codec.decode_replay(request))
        # Closed with the call: a cancelled one must stop replaying and let go of its symbols.
        async with aclosing(progress):
            async for step in progress:
                yield codec.encode_bars_progress(step)

    async def ReplayTicks(
        self, request: pb.ReplayTicksRequest, context: Context
    ) -> AsyncIterator[pb.ReplayTicksResponse]:
        progress = self._replays.replay_ticks(codec.decode_replay(request))
        async with aclosing(progress):
            async for step in progress:
                yield codec.encode_ticks_progress(step)
