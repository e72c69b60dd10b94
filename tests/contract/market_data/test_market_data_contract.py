"""`MarketDataService` over a real gRPC server."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.type.decimal_pb2 import Decimal as WireDecimal

from algotrendy.api.market_data.v1 import bar_style_pb2 as style_pb
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
    FailedPreconditionError,
    InstrumentError,
    InvalidArgumentError,
    NotFoundError,
    ReplayFailedError,
    SymbolNotFoundError,
)
from algotrendy.market_data.adapters.source_files import SourceFiles
from algotrendy.market_data.replay_service import ReplayService
from algotrendy.market_data.service import MarketDataService
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


def decimal(text: str) -> WireDecimal:
    return WireDecimal(value=text)


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


@pytest.fixture
async def ticks(market_data: "MarketDataServiceAsyncStub", tmp_path: Path) -> str:
    """A symbol with ticks: a zigzag from 100.00 to 101.00 and back, every 10 s for 1000 s."""
    path = tmp_path / "ticks.csv"
    rows = (f"{10 * n},{100 + abs(n % 20 - 10) / 10},2,{'BS'[n % 2]}\n" for n in range(100))
    path.write_text("timestamp,price,qty,side\n" + "".join(rows))
    request = pb.ImportBarsRequest(
        symbol="ZIG", file_path=str(path), interval=Duration(seconds=100)
    )
    assert (await market_data.ImportBars(request)).tick_count == 100
    return "ZIG"


@pytest.mark.parametrize(
    ("style", "reason", "bar_count"),
    [
        ({"time": style_pb.TimeBars(interval=Duration(seconds=300))}, "INTERVAL", 4),
        ({"time": style_pb.TimeBars(days=1, zone="Europe/Paris")}, "FINISH", 1),
        ({"tick": style_pb.TickBars(size=30)}, "TICKS", 4),
        (
            {"volume": style_pb.VolumeBars(size=decimal("15"), overshoot=style_pb.OVERSHOOT_SPLIT)},
            "VOLUME",
            14,
        ),
        ({"dollar": style_pb.DollarBars(size=decimal("5000"))}, "NOTIONAL", 4),
        (
            {
                "range": style_pb.RangeBars(
                    size_ticks=50, trigger=style_pb.RANGE_TRIGGER_EXCEED, gaps=True
                )
            },
            "RANGE",
            11,
        ),
        ({"renko": style_pb.RenkoBars(size=decimal("0.20"))}, "BRICK", 41),
        (
            {
                "renko": style_pb.RenkoBars(
                    size_percent=decimal("0.2"),
                    anchor_rule=style_pb.RENKO_ANCHOR_FIRST,
                    reversal=1,
                    wicks=style_pb.RENKO_WICKS_BOTH,
                    volume=style_pb.RENKO_VOLUME_SPREAD,
                )
            },
            "BRICK",
            50,
        ),
        (
            {
                "renko": style_pb.RenkoBars(
                    size_atr=style_pb.AverageTrueRange(periods=2, interval=Duration(seconds=20)),
                    anchor_price=decimal("100.00"),
                )
            },
            "BRICK",
            33,
        ),
        ({"tick_imbalance": style_pb.ImbalanceBars(threshold=decimal("5"))}, "IMBALANCE", 20),
        (
            {
                "volume_imbalance": style_pb.ImbalanceBars(
                    expected_ticks=10,
                    expected_imbalance=decimal("0.5"),
                    span=5,
                    min_ticks=2,
                    max_ticks=20,
                )
            },
            "IMBALANCE",
            54,
        ),
        (
            {
                "dollar_imbalance": style_pb.ImbalanceBars(
                    threshold=decimal("200"), sign=style_pb.IMBALANCE_SIGN_SIDE
                )
            },
            "IMBALANCE",
            100,
        ),
        ({"heikin_ashi": style_pb.HeikinAshiBars()}, "INTERVAL", 10),
        (
            {
                "line_break": style_pb.LineBreakBars(
                    lines=2, bars=style_pb.TimeBars(interval=Duration(seconds=50))
                )
            },
            "LINE",
            3,
        ),
    ],
    ids=str,
)
async def test_bars_of_every_style_account_for_every_trade(
    market_data: "MarketDataServiceAsyncStub",
    ticks: str,
    style: dict[str, Any],
    reason: str,
    bar_count: int,
) -> None:
    answer = await market_data.GetBars(pb.GetBarsRequest(symbol=ticks, **style))
    bars = answer.bars
    of_bars = "heikin_ashi" in style
    assert answer.source == (
        market_data_pb2.BAR_SOURCE_BARS if of_bars else market_data_pb2.BAR_SOURCE_TICKS
    )
    assert market_data_pb2.BarCloseReason.Name(bars.close_reason[0]).endswith(reason)
    assert len(bars.open_time_ns) == len(bars.flags) == len(bars.trade_count) == bar_count
    assert sum(bars.volume) == 200
    assert list(bars.notional) == [str(int(units)) for units in bars.notional]
    if not of_bars:
        assert (sum(bars.buy_volume), sum(bars.sell_volume)) == (100, 100)
        assert sum(bars.trade_count) == answer.report.accepted.count == 100
        notional = sum(int(units) for units in bars.notional)
        scale = bars.price_scale + bars.quantity_scale
        assert notional == int(Decimal(answer.report.accepted.notional.value).scaleb(scale))
    assert answer.report.accepted.volume.value == "200"


@pytest.mark.parametrize(
    ("terms", "field", "value"),
    [
        ({"renko": style_pb.RenkoBars()}, "renko.size", "missing"),
        ({"renko": style_pb.RenkoBars(size=decimal("-1"))}, "renko.size", "-1"),
        ({"renko": style_pb.RenkoBars(size=decimal("x"))}, "renko.size", "x"),
        ({"renko": style_pb.RenkoBars(size_ticks=1, wicks=9)}, "renko.wicks", "9"),
        ({"renko": style_pb.RenkoBars(size_ticks=1, reversal=3)}, "renko.reversal", "3"),
        ({"time": style_pb.TimeBars(weeks=-1)}, "time.interval", "-1w"),
        ({"tick": style_pb.TickBars(size=-5)}, "tick.size", "-5"),
        ({"volume": style_pb.VolumeBars(size=decimal("0.5"))}, "volume.size", "0.5"),
        ({"volume_imbalance": style_pb.ImbalanceBars()}, "volume_imbalance.expected_ticks", None),
        (
            {"heikin_ashi": style_pb.HeikinAshiBars(bars=style_pb.TimeBars())},
            "heikin_ashi.bars.interval",
            "missing",
        ),
        ({"tick": style_pb.TickBars(size=5), "limit": -1}, "limit", "-1"),
        ({"tick": style_pb.TickBars(size=5), "sessions": "MARS"}, "sessions", "MARS"),
        ({"tick": style_pb.TickBars(size=5), "outside": 7}, "outside", "7"),
        ({"tick": style_pb.TickBars(size=5), "source": 7}, "source", "7"),
        ({"heikin_ashi": style_pb.HeikinAshiBars(), "source": 1}, "source", None),
        ({"sessions": "XNYS"}, "sessions", "XNYS"),
        ({"closed": style_pb.CLOSED_SIDE_RIGHT}, "closed", "2"),
        ({"source": market_data_pb2.BAR_SOURCE_BARS}, "source", "2"),
    ],
    ids=str,
)
async def test_a_wrong_parameter_of_a_style_is_named(
    market_data: "MarketDataServiceAsyncStub",
    ticks: str,
    terms: dict[str, Any],
    field: str,
    value: str | None,
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        await market_data.GetBars(pb.GetBarsRequest(symbol=ticks, **terms))
    assert type(refusal.value) is InvalidArgumentError
    assert refusal.value.metadata["field"] == field
    assert value is None or refusal.value.metadata["value"] == value


async def test_a_style_of_an_unknown_symbol_is_not_found(
    market_data: "MarketDataServiceAsyncStub",
) -> None:
    with pytest.raises(SymbolNotFoundError) as refusal:
        await market_data.GetBars(pb.GetBarsRequest(symbol="DIA", tick=style_pb.TickBars(size=5)))
    assert refusal.value.metadata == {"symbol": "DIA"}


async def test_a_style_that_needs_ticks_is_refused_where_there_are_none(
    market_data: "MarketDataServiceAsyncStub",
) -> None:
    imbalance = style_pb.ImbalanceBars(threshold=decimal("5"))
    with pytest.raises(FailedPreconditionError) as refusal:
        await market_data.GetBars(pb.GetBarsRequest(symbol="SPY", tick_imbalance=imbalance))
    assert refusal.value.metadata == {"symbol": "SPY", "style": "tick_imbalance"}


async def test_stored_bars_have_no_columns_but_their_own(
    market_data: "MarketDataServiceAsyncStub",
) -> None:
    answer = await market_data.GetBars(pb.GetBarsRequest(symbol="SPY"))
    assert answer.source == market_data_pb2.BAR_SOURCE_BARS
    assert not answer.HasField("report")
    assert not answer.bars.notional
    assert not answer.bars.close_reason


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
