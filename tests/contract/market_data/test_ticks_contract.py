"""Quotes imported, trades and quotes listed, over a real gRPC server."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from algotrendy.api.market_data.v1 import market_data_service_pb2 as pb
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import (
    MarketDataServiceStub,
    add_MarketDataServiceServicer_to_server,
)
from algotrendy.domain.clock import MINUTE_NS
from algotrendy.errors import (
    AlgoTrendyError,
    DataColumnsError,
    DataFileError,
    DataOrderError,
    DataValueError,
    FailedPreconditionError,
    InvalidArgumentError,
    SymbolNotFoundError,
)
from algotrendy.market_data.adapters.parquet_lake import ParquetLake
from algotrendy.market_data.adapters.source_files import SourceFiles
from algotrendy.market_data.replay_service import ReplayService
from algotrendy.market_data.service import MarketDataService
from algotrendy.market_data.servicer import MarketDataServicer
from algotrendy.rpc.paging import pages
from algotrendy.rpc.time import encode_time
from algotrendy.storage.data_folder import DataFolder
from algotrendy.testing.market_data import FakeAudience, daily_bars, quotes_of, trades_of
from algotrendy.testing.rpc import served

if TYPE_CHECKING:
    from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import (
        MarketDataServiceAsyncStub,
    )

HEADER = "timestamp,bid,ask,bid_size,ask_size\n"
BIDS = [10_000 + place % 7 for place in range(25)]


@pytest.fixture
def lake(tmp_path: Path) -> ParquetLake:
    """SPY has trades and quotes, a minute apart; DIA has bars alone."""
    folder = DataFolder(tmp_path / "data")
    lake = ParquetLake(folder.lake, lambda name, content: folder.write(f"lake/{name}", content))
    lake.put(daily_bars("SPY", [100]), trades_of(BIDS, symbol="SPY"))
    lake.put_quotes(quotes_of(BIDS, symbol="SPY"))
    lake.put(daily_bars("DIA", [100]))
    return lake


@pytest.fixture
async def market_data(lake: ParquetLake) -> "AsyncIterator[MarketDataServiceAsyncStub]":
    replays = ReplayService(lake, FakeAudience(), deadline_s=30)
    servicer = MarketDataServicer(MarketDataService(lake, SourceFiles()), replays)
    async with served(
        "market_data", lambda server: add_MarketDataServiceServicer_to_server(servicer, server)
    ) as channel:
        yield MarketDataServiceStub(channel)


def request_of(folder: Path, text: str, **terms: Any) -> pb.ImportQuotesRequest:
    path = folder / "quotes.csv"
    path.write_text(text)
    return pb.ImportQuotesRequest(**{"symbol": "DIA", "file_path": str(path), **terms})


async def test_quotes_are_imported_with_their_report_and_listed(
    market_data: "MarketDataServiceAsyncStub", tmp_path: Path
) -> None:
    text = "when,b,offer,bid_size\n60,1.001,1.02,5\n60,1.01,1.02,0\n61,1.02,1.03,7\n"
    columns = {"time": "when", "bid": "b"}
    report = await market_data.ImportQuotes(request_of(tmp_path, text, columns=columns))
    assert report == pb.ImportQuotesResponse(
        quote_count=3,
        start_time=encode_time(MINUTE_NS),
        end_time=encode_time(61 * 10**9),
        rounded_price_count=1,
        largest_rounding=report.largest_rounding,
    )
    assert report.largest_rounding.value == "0.001"
    listed = await market_data.ListQuotes(pb.ListQuotesRequest(symbol="DIA"))
    assert (listed.quotes.price_scale, listed.quotes.quantity_scale) == (2, 0)
    assert list(listed.quotes.bid) == [100, 101, 102]
    assert list(listed.quotes.ask) == [102, 102, 103]
    assert list(listed.quotes.bid_size) == [5, 0, 7]
    assert list(listed.quotes.ask_size) == [0, 0, 0]
    assert list(listed.quotes.time_ns) == [MINUTE_NS, MINUTE_NS, 61 * 10**9]
    assert listed.instrument.symbol == "DIA"
    assert not listed.next_page_token


async def test_an_import_of_bars_or_of_quotes_replaces_the_quotes(
    market_data: "MarketDataServiceAsyncStub", tmp_path: Path
) -> None:
    await market_data.ImportQuotes(request_of(tmp_path, HEADER + "1,1,2,3,4\n", symbol="SPY"))
    listed = await market_data.ListQuotes(pb.ListQuotesRequest(symbol="SPY"))
    assert list(listed.quotes.bid) == [100]
    path = tmp_path / "bars.csv"
    path.write_text("date,open,high,low,close\n2020-01-02,1,1,1,1\n")
    await market_data.ImportBars(pb.ImportBarsRequest(symbol="SPY", file_path=str(path)))
    for call in (
        market_data.ListQuotes(pb.ListQuotesRequest(symbol="SPY")),
        market_data.ListTrades(pb.ListTradesRequest(symbol="SPY")),
    ):
        with pytest.raises(FailedPreconditionError) as refusal:
            await call
        assert refusal.value.metadata == {"symbol": "SPY"}


@pytest.mark.parametrize(
    ("text", "error", "metadata"),
    [
        ("", DataFileError, {}),
        (HEADER, DataFileError, {}),
        ("a,b\n1,2\n", DataColumnsError, {"columns": "a, b"}),
        (HEADER + "1,1,,1,1\n", DataValueError, {"row": "1", "column": "ask", "value": ""}),
        (HEADER + "1,2,1,1,1\n", DataValueError, {"row": "1", "column": "ask", "value": "1.00"}),
        (HEADER + "1,1,1,-1,1\n", DataValueError, {"column": "bid_size", "value": "-1"}),
        (HEADER + "2,1,1,1,1\n1,1,1,1,1\n", DataOrderError, {"row": "2"}),
    ],
)
async def test_bad_files_are_refused_with_the_contracts_reasons_and_store_nothing(
    market_data: "MarketDataServiceAsyncStub",
    lake: ParquetLake,
    tmp_path: Path,
    text: str,
    error: type[AlgoTrendyError],
    metadata: dict[str, str],
) -> None:
    with pytest.raises(error) as refusal:
        await market_data.ImportQuotes(request_of(tmp_path, text))
    assert type(refusal.value) is error
    expected = {"file": str(tmp_path / "quotes.csv"), **metadata}
    assert refusal.value.metadata.items() >= expected.items()
    assert lake.quotes("DIA", None, None) is None


@pytest.mark.parametrize(
    ("terms", "error", "metadata"),
    [
        ({"file_path": ""}, InvalidArgumentError, {"field": "file_path"}),
        ({"symbol": "S P"}, InvalidArgumentError, {"field": "symbol"}),
        ({"symbol": "DAX"}, SymbolNotFoundError, {"symbol": "DAX"}),
        ({"file_path": "/nowhere.csv"}, DataFileError, {"file": "/nowhere.csv"}),
        ({"columns": {"price": "bid"}}, DataColumnsError, {}),
    ],
)
async def test_malformed_imports_of_quotes_are_refused(
    market_data: "MarketDataServiceAsyncStub",
    tmp_path: Path,
    terms: dict[str, Any],
    error: type[AlgoTrendyError],
    metadata: dict[str, str],
) -> None:
    with pytest.raises(error) as refusal:
        await market_data.ImportQuotes(request_of(tmp_path, HEADER + "1,1,2,3,4\n", **terms))
    assert type(refusal.value) is error
    assert refusal.value.metadata.items() >= metadata.items()


@pytest.mark.parametrize("page_size", [1, 10, 25, 100_000])
async def test_pages_of_any_size_are_the_whole(
    market_data: "MarketDataServiceAsyncStub", page_size: int
) -> None:
    trades, quotes = [], []
    trades_request = pb.ListTradesRequest(symbol="SPY", page_size=page_size)
    async for trade_page in pages(market_data.ListTrades, trades_request):
        assert len(trade_page.trades.price) <= page_size
        trades += list(trade_page.trades.price)
    quotes_request = pb.ListQuotesRequest(symbol="SPY", page_size=page_size)
    async for quote_page in pages(market_data.ListQuotes, quotes_request):
        quotes += list(quote_page.quotes.bid)
    assert trades == quotes == BIDS


async def test_a_range_is_half_open_and_may_be_empty(
    market_data: "MarketDataServiceAsyncStub",
) -> None:
    part = pb.ListTradesRequest(
        symbol="SPY", start_time=encode_time(3 * MINUTE_NS), end_time=encode_time(5 * MINUTE_NS)
    )
    assert list((await market_data.ListTrades(part)).trades.price) == BIDS[3:5]
    later = pb.ListQuotesRequest(symbol="SPY", start_time=encode_time(10**18))
    answer = await market_data.ListQuotes(later)
    assert (list(answer.quotes.bid), answer.next_page_token) == ([], "")
    assert answer.instrument.symbol == "SPY"


@pytest.mark.parametrize("method", ["ListTrades", "ListQuotes"])
@pytest.mark.parametrize(
    ("terms", "error", "metadata"),
    [
        ({"symbol": "DAX"}, SymbolNotFoundError, {"symbol": "DAX"}),
        ({"symbol": "S P"}, InvalidArgumentError, {"field": "symbol"}),
        ({"symbol": "DIA"}, FailedPreconditionError, {"symbol": "DIA"}),
        ({"page_size": -1}, InvalidArgumentError, {"field": "page_size", "value": "-1"}),
        ({"page_size": 100_001}, InvalidArgumentError, {"field": "page_size", "value": "100001"}),
        ({"page_token": "17"}, InvalidArgumentError, {"field": "page_token", "value": "17"}),
        ({"page_token": "é" * 32 + "-1"}, InvalidArgumentError, {"field": "page_token"}),
        ({"page_token": "0" * 32 + "-"}, InvalidArgumentError, {"field": "page_token"}),
        ({"page_token": "0" * 32 + "-" + "9" * 19}, InvalidArgumentError, {"field": "page_token"}),
        ({"page_token": "0" * 32 + "-1\n"}, InvalidArgumentError, {"field": "page_token"}),
        ({"page_token": "0" * 32 + "-10"}, InvalidArgumentError, {"field": "page_token"}),
    ],
)
async def test_what_cannot_be_listed_is_refused_with_its_name(
    market_data: "MarketDataServiceAsyncStub",
    method: str,
    terms: dict[str, Any],
    error: type[AlgoTrendyError],
    metadata: dict[str, str],
) -> None:
    request = {"ListTrades": pb.ListTradesRequest, "ListQuotes": pb.ListQuotesRequest}[method]
    with pytest.raises(error) as refusal:
        await getattr(market_data, method)(request(**{"symbol": "SPY", **terms}))
    assert type(refusal.value) is error
    assert refusal.value.metadata.items() >= metadata.items()


async def test_a_token_of_trades_lists_no_quotes(
    market_data: "MarketDataServiceAsyncStub",
) -> None:
    page = await market_data.ListTrades(pb.ListTradesRequest(symbol="SPY", page_size=5))
    request = pb.ListQuotesRequest(symbol="SPY", page_size=5, page_token=page.next_page_token)
    with pytest.raises(InvalidArgumentError) as refusal:
        await market_data.ListQuotes(request)
    assert refusal.value.metadata["field"] == "page_token"
