"""Instruments are valid by construction."""

import pickle
from typing import Any

import pytest

from algotrendy import Instrument
from algotrendy.errors import InstrumentError, InvalidArgumentError

SPY: dict[str, Any] = {
    "kind": "EQUITY",
    "currency": "USD",
    "price_scale": 2,
    "quantity_scale": 0,
    "tick_size": 1,
    "lot_size": 1,
}


def spy(**terms: Any) -> Instrument:
    return Instrument(terms.pop("symbol", "SPY"), **{**SPY, **terms})


def test_an_instrument_keeps_its_terms() -> None:
    es = Instrument(
        "ESZ5",
        kind="FUTURE",
        currency="USD",
        price_scale=2,
        quantity_scale=0,
        tick_size=25,
        lot_size=1,
        multiplier=50,
        allow_negative_prices=True,
    )
    assert (es.symbol, es.kind, es.currency, es.cash_scale) == ("ESZ5", "FUTURE", "USD", 2)
    assert (es.price_scale, es.quantity_scale, es.tick_size, es.lot_size) == (2, 0, 25, 1)
    assert (es.multiplier, es.allow_negative_prices) == (50, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("symbol", ""),
        ("symbol", "S PY"),
        ("symbol", "é"),
        ("symbol", "X" * 65),
        ("kind", "SHARE"),
        ("currency", "usd"),
        ("currency", "XXX"),
        ("price_scale", 19),
        ("quantity_scale", 19),
        ("tick_size", 0),
        ("lot_size", -1),
        ("multiplier", 0),
    ],
)
def test_a_wrong_term_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(InstrumentError) as refusal:
        spy(**{field: value})
    assert refusal.value.metadata["field"] == field
    assert refusal.value.metadata["value"] == str(value)


@pytest.mark.parametrize(("currency", "cash_scale"), [("USD", 2), ("JPY", 0), ("BTC", 8)])
def test_cash_is_counted_in_minor_units(currency: str, cash_scale: int) -> None:
    assert spy(currency=currency).cash_scale == cash_scale


def test_instruments_of_equal_terms_are_equal() -> None:
    assert spy() == spy()
    assert hash(spy()) == hash(spy())
    assert spy() != spy(lot_size=100)


def test_an_instrument_is_frozen() -> None:
    with pytest.raises(AttributeError):
        spy().tick_size = 5  # type: ignore[misc]


def test_an_instrument_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(spy(multiplier=50))) == spy(multiplier=50)  # noqa: S301


def test_the_representation_evaluates_to_the_instrument() -> None:
    assert eval(repr(spy()), {"Instrument": Instrument}) == spy()  # noqa: S307


def test_margins_commissions_and_the_rest_are_read_back() -> None:
    terms: dict[str, Any] = {
        "kind": "FUTURE",
        "initial_margin": {"per_contract": 1_200_000},
        "maintenance_margin": {"per_contract": 1_000_000},
        "commission": {"per_contract": {"rate": "2.25"}},
        "expire_time_ns": 5,
        "calendar_id": "CME",
        "sector": "indices",
    }
    es = spy(symbol="ESZ6", **terms)
    assert {name: getattr(es, name) for name in terms} == terms
    assert es.terms["symbol"] == "ESZ6"
    assert pickle.loads(pickle.dumps(es)) == es  # noqa: S301  # Our own.
    assert repr(es).startswith("Instrument(\"ESZ6\", kind='FUTURE', currency='USD'")
    assert "sector='indices'" in repr(es)


@pytest.mark.parametrize(
    "margin", [{"bps": 0}, {"bps": 10_001}, {"per_contract": -1}, {"percent": 5}, {}, "ten"]
)
def test_a_margin_that_is_none_is_refused(margin: object) -> None:
    with pytest.raises(InvalidArgumentError):
        spy(kind="FUTURE", initial_margin=margin)


@pytest.mark.parametrize(
    "commission",
    [
        {"per_share": {"rate": 0.005}},
        {"per_share": {"rate": "-1"}},
        {"flat": "1"},
        {"percentage": {"maker_bps": "1"}},
    ],
)
def test_a_commission_that_is_none_is_refused(commission: object) -> None:
    with pytest.raises(InvalidArgumentError):
        spy(commission=commission)
