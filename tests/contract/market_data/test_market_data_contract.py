"""`MarketDataService` over a real gRPC server."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from google.protobuf.duration_pb2 import Duration
from google.type.decimal_pb2 import Decimal as WireDecimal

from algotrendy.api.market_data.v1 import market_data_pb2
from algotrendy.api.market_data.v1 import market_data_service_pb2 as pb
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import (
    MarketDataServiceStub,
    add_MarketDataServiceServicer_to_server,
)
from algotrendy.domain.clock import DAY_NS
from algotrendy.errors import (
    AcknowledgementMissingError,
    AlgoTrendyError,
    DataColumnsError,
    DataFileError,
    DataOrderError,
    DataValueError,
    InstrumentError,
    InvalidArgumentError,
    NotFoundError,
    ReplayFailedError,
    SymbolNotFoundError,
)
from algotrendy.market_data.adapters.source_files import SourceFiles
from algotrendy.market_data.service import MarketDataService, ReplayService
from algotrendy.market_data.servicer import MarketDataServicer
from algotrendy.rpc.time import encode_time
from algotrendy.testing.market_data import (
    FakeAudience,
    FakeStore,
    daily_bars,
    random_bars,
)
from algotrendy.testing.rpc import served

if TYPE_CHECKING:
    from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import (
        MarketDataServiceAsyncStub,
    )

HEADER = "date,open,high,low,close,volume\n"


@pytest.fixture
def store() -> FakeStore:
    return FakeStore(daily_bars("QQQ", [50, 51, 52]), daily_bars("SPY", [100, 101, 102]))


@pytest.fixture
def audience() -> FakeAudience:
    return FakeAudience()


@pytest.fixture
async def market_data(
    store: FakeStore, audience: FakeAudience
) -> "AsyncIterator[MarketDataServiceAsyncStub]":
    servicer = MarketDataServicer(
        MarketDataService(store, SourceFiles()), ReplayService(store, audience, deadline_s=30)
    )
    async with served(
        "market_data", lambda server: add_MarketDataServiceServicer_to_server(servicer, server)
    ) as channel:
        yield MarketDataServiceStub(channel)


async def test_a_file_is_imported_with_its_report(
    market_data: "MarketDataServiceAsyncStub", tmp_path: Path
) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("when,o,h,l,last,v\n2020-01-02,1.001,2,1,1.5,7\n")
    report = await market_data.ImportBars(
        pb.ImportBarsRequest(
            symbol="DIA", file_path=str(path), columns={"time": "when", "close": "last"}
        )
    )
    assert (report.bar_count, report.tick_count) == (1, 0)
    assert (report.rounded_price_count, report.largest_rounding.value) == (1, "0.001")
    assert report.end_time.ToNanoseconds() - report.start_time.ToNanoseconds() == DAY_NS
    assert report.instrument == market_data_pb2.Instrument(
        symbol="DIA",
        kind=market_data_pb2.INSTRUMENT_KIND_EQUITY,
        currency="USD",
        tick_size=WireDecimal(value="0.01"),
        lot_size=WireDecimal(value="1"),
        multiplier=1,
    )


async def test_ticks_are_imported_as_bars_of_the_interval_and_instrument(
    market_data: "MarketDataServiceAsyncStub", tmp_path: Path
) -> None:
    path = tmp_path / "ticks.csv"
    path.write_text("timestamp,price,qty\n1600000000,1.25,0.001\n1600000100,1.5,0.002\n")
    report = await market_data.ImportBars(
        pb.ImportBarsRequest(
            symbol="BTC-USD",
            file_path=str(path),
            interval=Duration(seconds=60),
            instrument=market_data_pb2.Instrument(
                kind=market_data_pb2.INSTRUMENT_KIND_CRYPTO, lot_size=WireDecimal(value="0.001")
            ),
        )
    )
    assert (report.bar_count, report.tick_count) == (2, 2)
    bars = (await market_data.GetBars(pb.GetBarsRequest(symbol="BTC-USD"))).bars
    assert (bars.price_scale, bars.quantity_scale) == (2, 3)
    assert (list(bars.close), list(bars.volume)) == ([125, 150], [1, 2])


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", DataFileError),
        ("a,b\n1,2\n", DataColumnsError),
        (HEADER + "2020-01-02,1,1,1,NaN,1\n", DataValueError),
        (HEADER + "2020-01-02,1,1,1,1,1\n2020-01-02,1,1,1,1,1\n", DataOrderError),
    ],
)
async def test_bad_files_are_refused_with_the_contracts_reasons(
    market_data: "MarketDataServiceAsyncStub",
    store: FakeStore,
    tmp_path: Path,
    text: str,
    error: type[AlgoTrendyError],
) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(text)
    with pytest.raises(error) as refusal:
        await market_data.ImportBars(pb.ImportBarsRequest(symbol="DIA", file_path=str(path)))
    assert refusal.value.metadata["file"]
    assert "DIA" not in store.series


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (pb.ImportBarsRequest(symbol="SPY"), InvalidArgumentError),
        (pb.ImportBarsRequest(symbol="S P", bundled_name="arch:sp500"), InvalidArgumentError),
        (pb.ImportBarsRequest(symbol="SPY", bundled_name="arch:dow"), NotFoundError),
        (pb.ImportBarsRequest(symbol="SPY", file_path="/nowhere.csv"), DataFileError),
        (
            pb.ImportBarsRequest(
                symbol="SPY", bundled_name="arch:sp500", interval=Duration(seconds=-1)
            ),
            InvalidArgumentError,
        ),
        (
            pb.ImportBarsRequest(
                symbol="SPY",
                bundled_name="arch:sp500",
                instrument=market_data_pb2.Instrument(symbol="QQQ"),
            ),
            InvalidArgumentError,
        ),
        (
            pb.ImportBarsRequest(
                symbol="SPY",
                bundled_name="arch:sp500",
                instrument=market_data_pb2.Instrument(tick_size=WireDecimal(value="-1")),
            ),
            InstrumentError,
        ),
        (
            pb.ImportBarsRequest(
                symbol="SPY",
                bundled_name="arch:sp500",
                instrument=market_data_pb2.Instrument(kind=99),  # type: ignore[arg-type]  # On purpose.
            ),
            InvalidArgumentError,
        ),
    ],
)
async def test_malformed_imports_are_refused(
    market_data: "MarketDataServiceAsyncStub",
    request_: pb.ImportBarsRequest,
    error: type[AlgoTrendyError],
) -> None:
    with pytest.raises(error):
        await market_data.ImportBars(request_)


async def test_bars_are_columns_of_the_newest_of_a_range(
    market_data: "MarketDataServiceAsyncStub",
) -> None:
    whole = await market_data.GetBars(pb.GetBarsRequest(symbol="SPY"))
    assert list(whole.bars.close) == [100, 101, 102]
    assert list(whole.bars.open_time_ns) == [0, DAY_NS, 2 * DAY_NS]
    assert whole.instrument.symbol == "SPY"
    part = await market_data.GetBars(
        pb.GetBarsRequest(
            symbol="SPY", start_time=encode_time(0), end_time=encode_time(2 * DAY_NS), limit=1
        )
    )
    assert list(part.bars.close) == [101]


@pytest.mark.parametrize("limit", [-1, 100_001])
async def test_a_limit_out_of_range_is_refused(
    market_data: "MarketDataServiceAsyncStub", limit: int
) -> None:
    with pytest.raises(InvalidArgumentError):
        await market_data.GetBars(pb.GetBarsRequest(symbol="SPY", limit=limit))


async def test_bars_of_an_unknown_symbol_are_not_found(
    market_data: "MarketDataServiceAsyncStub",
) -> None:
    with pytest.raises(SymbolNotFoundError) as refusal:
        await market_data.GetBars(pb.GetBarsRequest(symbol="DIA"))
    assert refusal.value.metadata == {"symbol": "DIA"}


async def test_instruments_come_in_pages_by_symbol(
    market_data: "MarketDataServiceAsyncStub", store: FakeStore
) -> None:
    store.put(random_bars("AAPL", count=3, seed=1))
    symbols, token = [], ""
    for _ in range(2):
        page = await market_data.ListInstruments(
            pb.ListInstrumentsRequest(page_size=2, page_token=token)
        )
        symbols.append([instrument.symbol for instrument in page.instruments])
        token = page.next_page_token
    assert symbols == [["AAPL", "QQQ"], ["SPY"]]
    assert token == ""


async def test_a_replay_streams_its_progress(
    market_data: "MarketDataServiceAsyncStub", audience: FakeAudience
) -> None:
    request = pb.ReplayBarsRequest(
        symbols=["SPY", "QQQ"],
        start_time=encode_time(DAY_NS),
        deadline=Duration(nanos=500_000_000),
    )
    progress = [step async for step in market_data.ReplayBars(request)]
    assert [(step.completed_count, step.total_count) for step in progress] == [(1, 2), (2, 2)]
    assert progress[-1].close_time.ToNanoseconds() == 3 * DAY_NS
    assert audience.deadlines_s == {0.5}


@pytest.mark.parametrize(
    "failure",
    [
        AcknowledgementMissingError("No answer.", consumers="strategy"),
        ReplayFailedError("It failed.", consumer="strategy"),
    ],
)
async def test_a_replay_that_fails_names_the_consumer(
    market_data: "MarketDataServiceAsyncStub", audience: FakeAudience, failure: AlgoTrendyError
) -> None:
    audience.failure = failure
    with pytest.raises(type(failure)) as refusal:
        async for _ in market_data.ReplayBars(pb.ReplayBarsRequest(symbols=["SPY"])):
            pass
    assert refusal.value.metadata == failure.metadata
