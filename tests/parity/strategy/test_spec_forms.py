"""A spec is the same in Python, as JSON, as YAML and on the wire."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from algotrendy.api.strategy.v1 import strategy_pb2 as pb
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.domain.strategy import (
    Distance,
    Equal,
    Fixed,
    Hold,
    Kelly,
    Notional,
    Percent,
    Period,
    Schedule,
    SizeAt,
    Stops,
    StrategySpec,
    VolatilityTarget,
    Weight,
)
from algotrendy.domain.strategy_document import (
    spec_from_document,
    spec_from_json,
    spec_to_document,
    spec_to_json,
)
from algotrendy.domain.strategy_file import read_spec
from algotrendy.domain.venue import (
    ExponentialLatency,
    FixedLatency,
    ImpactTerms,
    LimitFill,
    LogNormalLatency,
    MarketFill,
    SquareRoot,
    UniformLatency,
    VenueTerms,
    VolumeShare,
)
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.strategy import decode_spec, encode_spec
from algotrendy.rpc.venue import decode_venue_terms, encode_venue_terms

names = st.from_regex(r"[a-z][a-z_0-9]{0,8}", fullmatch=True)
expressions = st.sampled_from(["close > 10", "sma(close, fast)", 'model("m") > 0.5', "hour() == 9"])
shares = st.decimals("0.0001", "1", places=4)
amounts = st.decimals("0.01", "999999", places=2)
counts = st.integers(1, 2**31 - 1)
rates = st.decimals("0.0001", "9999", places=4)
nothing = st.just(Decimal(0))
windows = st.integers(2, 10_000)
times = st.from_regex(r"([01][0-9]|2[0-3]):[0-5][0-9]", fullmatch=True)

sizes = st.one_of(
    st.just(Equal()),
    st.builds(Fixed, amounts),
    st.builds(Notional, amounts),
    st.builds(Percent, shares),
    st.builds(Weight, expressions),
    st.builds(VolatilityTarget, amounts, windows, amounts, amounts),
    st.builds(Kelly, amounts, windows, amounts),
)
distances = st.one_of(
    st.builds(lambda percent: Distance(percent=percent), shares),
    st.builds(lambda distance: Distance(distance=distance), expressions),
)
stops = st.builds(Stops, *[st.none() | distances] * 3, st.none() | counts)
schedules = st.builds(
    Schedule,
    st.sampled_from(Period) | counts,
    st.none() | times,
    st.none() | times,
    st.sampled_from(["UTC", "America/New_York"]),
)
latencies = st.one_of(
    st.none(),
    st.builds(FixedLatency, counts),
    st.integers(0, 10**18).map(lambda lowest: UniformLatency(lowest, lowest + 5)),
    st.builds(ExponentialLatency, counts),
    st.builds(LogNormalLatency, counts, shares),
)
markets = st.dictionaries(st.text("ABC", min_size=1), st.builds(ImpactTerms, amounts, amounts))


@st.composite
def venues(draw: st.DrawFn) -> VenueTerms:
    impact = draw(st.none() | st.builds(VolumeShare, rates) | st.builds(SquareRoot, rates, markets))
    share = shares if isinstance(impact, VolumeShare) else st.none() | shares
    has_commission, spread_ticks = draw(st.booleans()), draw(st.integers(0, 5))
    return VenueTerms(
        slippage_bps=draw(rates | nothing if impact is None else nothing),
        fee_bps=draw(nothing if has_commission else rates | nothing),
        market_fill=draw(st.sampled_from(MarketFill)),
        limit_fill=draw(st.sampled_from(LimitFill)),
        participation=draw(share),
        impact=impact,
        spread_ticks=spread_ticks,
        spread_bps=draw(nothing if spread_ticks else rates | nothing),
        instrument_commission=has_commission,
        order_latency=draw(latencies),
        change_latency=draw(latencies),
        report_latency=draw(latencies),
        seed=draw(st.integers(0, 2**63 - 1)),
    )


holds = st.builds(Hold, count=counts) | st.builds(Hold, fraction=shares)


@st.composite
def specs(draw: st.DrawFn) -> StrategySpec:
    rank = draw(st.none() | expressions)
    return StrategySpec(
        symbols=tuple(draw(st.lists(st.text("ABC.", min_size=1), min_size=1, unique=True))),
        entry=draw(expressions),
        exit=draw(st.none() | expressions),
        parameters=draw(st.dictionaries(names, st.booleans() | st.floats(-1e15, 1e15))),
        features=draw(st.dictionaries(names, expressions)),
        short_entry=draw(st.none() | expressions),
        short_exit=draw(st.none() | expressions),
        rank=rank,
        hold=None if rank is None else draw(holds),
        size=draw(sizes),
        size_at=draw(st.sampled_from(SizeAt)),
        stops=draw(stops),
        schedule=draw(schedules),
        bars=draw(st.sampled_from([None, "1m"])),
        name=draw(st.sampled_from([None, "Cross"])),
        costs=draw(st.none() | venues()),
    )


@given(specs())
def test_a_spec_is_the_same_after_json(spec: StrategySpec) -> None:
    text = spec_to_json(spec)
    assert spec_from_json(text) == spec
    assert spec_to_json(spec_from_json(text)) == text


@given(specs())
def test_a_spec_is_the_same_after_the_wire(spec: StrategySpec) -> None:
    message = pb.StrategySpec.FromString(encode_spec(spec).SerializeToString())
    assert decode_spec(message) == spec


@given(specs())
def test_a_spec_is_the_same_after_yaml(
    tmp_path_factory: pytest.TempPathFactory, spec: StrategySpec
) -> None:
    path = tmp_path_factory.getbasetemp() / "spec.yaml"
    path.write_text(yaml.safe_dump(spec_to_document(spec)), "utf-8")
    assert read_spec(path) == spec


def test_yaml_is_written_as_people_write_it(tmp_path: Path) -> None:
    path = tmp_path / "cross.yaml"
    path.write_text(
        """
        symbols: [SPY]
        parameters: {fast: 10, slow: 20.5}
        entry: sma(close, fast) > sma(close, slow)
        size: {type: percent, percent: 0.1}
        stops: {stop_loss: {percent: 0.05}, max_bars: 20}
        schedule: {every: day, from: 09:35, until: 15:55, zone: America/New_York}
        """,
        "utf-8",
    )
    assert read_spec(path) == StrategySpec(
        symbols=("SPY",),
        parameters={"fast": 10, "slow": 20.5},
        entry="sma(close, fast) > sma(close, slow)",
        size=Percent(Decimal("0.1")),
        stops=Stops(stop_loss=Distance(percent=Decimal("0.05")), max_bars=20),
        schedule=Schedule(Period.DAY, "09:35", "15:55", "America/New_York"),
    )


def test_what_was_written_before_there_were_sizes_still_says_the_same() -> None:
    document = {
        "symbols": ["SPY"],
        "position_weight": "0.9",
        "entry": "close > 1",
        "exit": "close < 1",
    }
    spec = spec_from_document(document)
    assert spec.size == Percent(Decimal("0.9"))
    message = pb.StrategySpec(symbols=["SPY"], entry="close > 1", exit="close < 1")
    message.position_weight.value = "0.9"
    assert decode_spec(message) == spec
    told = encode_spec(spec)
    assert (told.position_weight.value, told.size.percent.value) == ("0.9", "0.9")
    assert decode_spec(told) == spec


SPEC: dict[str, Any] = {"symbols": ["SPY"], "entry": "close > 1"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"symbols": "SPY"}, "symbols"),
        ({"symbols": [1]}, "symbols"),
        ({"entry": 1}, "entry"),
        ({"enter": "close > 1"}, "spec"),
        ({"hold": {"count": 1.5}}, "hold.count"),
        ({"hold": {"count": True}}, "hold.count"),
        ({"hold": {"fraction": "some"}}, "hold.fraction"),
        ({"hold": {"most": 1}}, "hold"),
        ({"parameters": {"fast": "ten"}}, "parameters.fast"),
        ({"parameters": [1]}, "parameters"),
        ({"features": {"trend": 1}}, "features.trend"),
        ({"size": {"percent": 1}}, "size.type"),
        ({"size": {"type": "all"}}, "size.type"),
        ({"size": {"type": "percent"}}, "size"),
        ({"size": {"type": "percent", "percent": "NaN"}}, "size.percent"),
        ({"size": {"type": "percent", "percent": True}}, "size.percent"),
        ({"size": {"type": "fixed", "percent": 1}}, "size"),
        ({"size": {"type": "percent", "percent": 1}, "position_weight": 0.5}, "position_weight"),
        ({"position_weight": 0}, "position_weight"),
        ({"position_weight": 1.01}, "position_weight"),
        ({"size_at": "open"}, "size_at"),
        ({"size_at": ["close"]}, "size_at"),
        ({"stops": {"stop_loss": {"percent": "x"}}}, "stops.stop_loss.percent"),
        ({"stops": {"loss": {"percent": 1}}}, "stops"),
        ({"schedule": {"every": "hour"}}, "schedule.every"),
        ({"schedule": {"every": {}}}, "schedule.every"),
        ({"schedule": {"from": 935}}, "schedule.from"),
        ({"costs": {"fees": {"bps": "10000"}}}, "fee_bps"),
        ({"costs": 1}, "costs"),
    ],
)
def test_a_document_that_is_no_spec_names_the_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        spec_from_document({**SPEC, **change})
    assert refusal.value.metadata["field"] == field
    assert field in str(refusal.value)


@pytest.mark.parametrize("value", [None, "ten", [1], {}])
def test_a_parameter_on_the_wire_is_a_number_or_a_boolean(value: object) -> None:
    message = pb.StrategySpec(symbols=["SPY"], entry="close > 1")
    message.parameters.update({"fast": value})
    with pytest.raises(InvalidArgumentError) as refusal:
        decode_spec(message)
    assert refusal.value.metadata["field"] == "parameters.fast"


@given(venues())
def test_the_terms_of_a_venue_are_the_same_after_the_core_and_after_the_wire(
    terms: VenueTerms,
) -> None:
    assert VenueTerms.from_config(terms.to_config()) == terms
    message = trading_pb2.PaperVenueTerms.FromString(encode_venue_terms(terms).SerializeToString())
    assert decode_venue_terms(message) == terms


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"symbols": {}}'])
def test_text_that_is_no_spec_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgumentError):
        spec_from_json(text)


@pytest.mark.parametrize("write", [None, lambda path: path.write_text("a: [", "utf-8")])
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, write: Callable[[Path], None] | None
) -> None:
    path = tmp_path / "spec.yaml"
    if write is not None:
        write(path)
    with pytest.raises(InvalidArgumentError) as refusal:
        read_spec(path)
    assert refusal.value.metadata["file"] == str(path)


def test_numbers_keep_every_digit() -> None:
    text = json.dumps({**SPEC, "size": {"type": "fixed", "quantity": 0}}).replace(
        "0}", "0.1234567890123456789}"
    )
    assert spec_from_json(text).size == Fixed(Decimal("0.1234567890123456789"))
