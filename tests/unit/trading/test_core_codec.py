from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from algotrendy.domain.instrument import Instrument
from algotrendy.domain.venue import VenueTerms
from algotrendy.testing.trading import ACCOUNT_ID
from algotrendy.trading.command_codec import register_command
from algotrendy.trading.core_codec import decode_position
from algotrendy.trading.model import AccountTerms

COIN = Instrument(
    "BTC-PERP",
    currency="USD",
    tick_size=Decimal("0.5"),
    lot_size=Decimal("0.001"),
    multiplier=3,
)


@given(
    quantity=st.integers(-(10**15), 10**15).filter(bool),
    cost=st.integers(-(10**25), 10**25),
    price=st.integers(1, 10**9).map(lambda units: Decimal(units) / 2),
)
def test_a_position_is_valued_exactly_and_rounded_once(
    quantity: int, cost: int, price: Decimal
) -> None:
    raw = {"symbol": COIN.symbol, "quantity": quantity, "total_cost": cost}
    position = decode_position(raw, 0, ACCOUNT_ID, COIN, price)
    assert position.average_price is not None
    assert position.unrealized_pnl is not None

    exact_cost = Fraction(cost, 10 ** (COIN.price_scale + COIN.quantity_scale))
    held = Fraction(quantity, 10**COIN.quantity_scale)
    # Python rounds a Fraction half to even.
    average = round(exact_cost / held / 3 * 10**8)
    assert Fraction(position.average_price) == Fraction(average, 10**8)
    pnl = round((Fraction(price) * held * 3 - exact_cost) * 100)
    assert Fraction(position.unrealized_pnl) == Fraction(pnl, 100)


def test_an_instrument_is_told_to_the_core_with_its_scales() -> None:
    terms = register_command(COIN)["instrument"]
    assert (terms["price_scale"], terms["quantity_scale"], terms["tick_size"]) == (1, 3, 5)


def test_account_terms_come_back_from_the_journal_as_they_went() -> None:
    terms = AccountTerms(
        account_id=ACCOUNT_ID,
        display_name="Zürich £",
        currency="USD",
        initial_cash=Decimal("0.10"),
        venue_terms=VenueTerms(Decimal("2.5"), Decimal("0.25")),
        create_time_ns=2**62,
    )
    assert AccountTerms.from_payload(terms.to_payload()) == terms
