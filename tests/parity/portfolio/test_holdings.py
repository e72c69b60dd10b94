"""The portfolio area's arithmetic and the trading core's agree, fill by fill."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from algotrendy._core import TradingCore
from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.domain.limits import Limits
from algotrendy.domain.money import from_units
from algotrendy.portfolio.holding import Holding
from algotrendy.portfolio.model import Book, value

PRICE_SCALE, QUANTITY_SCALE, CASH_SCALE = 3, 1, 2
NOTIONAL_SCALE = PRICE_SCALE + QUANTITY_SCALE
MULTIPLIER = 7

fills = st.lists(
    st.tuples(st.integers(-999, 999).filter(bool), st.integers(1, 99_999)), min_size=1, max_size=25
)


def instrument(kind: InstrumentKind) -> Instrument:
    return Instrument(
        "X",
        kind=kind,
        tick_size=Decimal(1).scaleb(-PRICE_SCALE),
        lot_size=Decimal(1).scaleb(-QUANTITY_SCALE),
        multiplier=MULTIPLIER,
    )


def ready_core(kind: InstrumentKind) -> TradingCore:
    core = TradingCore("account", "USD")
    terms = instrument(kind).core_terms
    core.execute({"type": "RegisterInstrument", "instrument": terms}, 0)
    core.execute({"type": "Deposit", "currency": "USD", "amount": 10**15}, 0)
    limits = Limits.of(1, allow_short=True).to_core()
    core.execute({"type": "SetLimits", "limits": limits}, 0)
    return core


def trade(core: TradingCore, number: int, quantity: int, price: int) -> None:
    core.execute({"type": "Mark", "symbol": "X", "price": price, "source": "test"}, number)
    core.execute(
        {
            "type": "Submit",
            "order_id": str(number),
            "client_order_id": str(number),
            "symbol": "X",
            "side": "BUY" if quantity > 0 else "SELL",
            "order_type": "MARKET",
            "quantity": abs(quantity),
            "time_in_force": "GTC",
        },
        number,
    )
    core.execute(
        {
            "type": "ExecutionReport",
            "order_id": str(number),
            "execution_id": str(number),
            "kind": "FILL",
            "quantity": abs(quantity),
            "price": price,
            "fee": 0,
        },
        number,
    )


@given(st.sampled_from([InstrumentKind.EQUITY, InstrumentKind.FUTURE]), fills)
def test_holdings_cost_profit_and_equity_are_the_cores(
    kind: InstrumentKind, trades: list[tuple[int, int]]
) -> None:
    core = ready_core(kind)
    holding = Holding(
        "X",
        multiplier=MULTIPLIER,
        notional_scale=NOTIONAL_SCALE,
        is_paid_in_full=kind.is_paid_in_full,
    )
    for number, (quantity, price) in enumerate(trades, start=1):
        trade(core, number, quantity, price)
        holding = holding.after_fill(
            from_units(quantity, QUANTITY_SCALE), from_units(price, PRICE_SCALE), CASH_SCALE
        )
        position = core.positions()[0]
        assert holding.quantity == from_units(position["quantity"], QUANTITY_SCALE)
        assert holding.total_cost == from_units(position["total_cost"], NOTIONAL_SCALE)
        assert holding.realized_pnl == from_units(position["realized_pnl"], CASH_SCALE)
    equity = core.equity()
    book = Book("p", "", "USD", 0, cash=from_units(equity["cash"], 2), holdings={"X": holding})
    assert value(book, {}).equity == Decimal(equity["equity"]).scaleb(-CASH_SCALE)
