from decimal import Decimal

import pytest

from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.errors import InstrumentError, InvalidArgumentError


def test_the_scales_are_those_of_the_steps() -> None:
    instrument = Instrument("ES", InstrumentKind.FUTURE, tick_size=Decimal("0.25"), multiplier=50)
    assert (instrument.price_scale, instrument.quantity_scale) == (2, 0)
    assert (instrument.core.tick_size, instrument.core.multiplier) == (25, 50)


def test_prices_and_units_are_the_same_number() -> None:
    instrument = Instrument("BTCUSD", tick_size=Decimal("0.01"), lot_size=Decimal("0.00001"))
    assert instrument.price_units(Decimal("61234.56")) == 6_123_456
    assert instrument.quantity(150_000) == Decimal("1.50000")


@pytest.mark.parametrize("tick", ["0", "-0.01", "NaN"])
def test_a_tick_that_is_no_positive_number_is_refused(tick: str) -> None:
    with pytest.raises(InstrumentError) as refusal:
        Instrument("X", tick_size=Decimal(tick))
    assert refusal.value.metadata["field"] == "tick_size"


def test_a_price_between_units_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="limit_price"):
        Instrument("X").price_units(Decimal("1.001"), field="limit_price")
