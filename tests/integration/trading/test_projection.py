"""What the core decides, as it is in the tables."""

from decimal import Decimal
from typing import Any

import psycopg_pool
import pytest

from algotrendy import _core
from algotrendy.bus import Event
from algotrendy.domain.cost import Margin
from algotrendy.domain.ids import new_id
from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.domain.limits import Limits
from algotrendy.storage.pool import select
from algotrendy.testing.trading import ACCOUNT_ID, SPY, account_terms
from algotrendy.trading.adapters.postgres import BookTables
from algotrendy.trading.books import opening
from algotrendy.trading.event_codec import encode_event
from algotrendy.trading.translator import Translator

pytestmark = pytest.mark.integration

FUTURE = Instrument(
    "ESZ5",
    kind=InstrumentKind.FUTURE,
    tick_size=Decimal("0.25"),
    multiplier=50,
    initial_margin=Margin(per_contract=Decimal(15_000)),
)
ORDER = new_id()


class Account:
    """A core, and all events of it as they are published."""

    def __init__(self) -> None:
        terms = account_terms()
        self._core = _core.TradingCore(ACCOUNT_ID, "USD")
        self._translator = Translator(terms)
        self.events: list[Event] = [encode_event(opening(terms))]
        self.execute({"type": "Deposit", "currency": "USD", "amount": 100_000_00})
        limits = Limits.of(1, allow_short=True).to_core()
        self.execute({"type": "SetLimits", "limits": limits})
        for instrument, price in ((SPY, 100_00), (FUTURE, 5000_00)):
            terms_ = instrument.core_terms
            self.execute({"type": "RegisterInstrument", "instrument": terms_})
            self.mark(instrument, price)

    def mark(self, instrument: Instrument, price: int, time_ns: int = 1) -> None:
        symbol = instrument.symbol
        command: Any = {"type": "Mark", "symbol": symbol, "price": price, "source": "test"}
        self._core.execute(command, time_ns)

    def execute(self, command: Any, time_ns: int = 1) -> None:
        for raw in self._core.execute(command, time_ns).events:
            self.events.append(encode_event(self._translator.translate(raw)))

    def submit(self, symbol: str = "SPY", order_id: str = ORDER, **terms: Any) -> None:
        self.execute(
            {
                "type": "Submit",
                "order_id": order_id,
                "client_order_id": f"client-{order_id}",
                "symbol": symbol,
                "side": "BUY",
                "order_type": "MARKET",
                "quantity": 10,
                "time_in_force": "GTC",
                **terms,
            }
        )

    def report(self, kind: str, execution_id: str, order_id: str = ORDER, **values: Any) -> None:
        report = {"type": "ExecutionReport", "order_id": order_id, "execution_id": execution_id}
        self.execute({**report, "kind": kind, **values})


async def test_a_bust_and_a_late_fee_are_in_the_tables(
    pool: psycopg_pool.AsyncConnectionPool,
) -> None:
    account = Account()
    account.submit()
    account.report("FILL", "e-1", quantity=4, price=100_00, fee=1_00)
    account.report("FILL", "e-2", quantity=6, price=101_00, fee=1_00)
    account.report("FEE", "e-3", fee=50, reference_execution_id="e-1")
    account.report("BUST", "e-4", reference_execution_id="e-2")
    await BookTables(pool).rebuild(account.events)

    (order,) = await select(pool, "SELECT status, filled_quantity, avg_price FROM orders", [])
    assert (order["filled_quantity"], order["avg_price"]) == (4, 100)
    trades = await select(pool, "SELECT fee, bust_time FROM trades ORDER BY execution_id", [])
    assert [trade["fee"] for trade in trades] == [Decimal("1.50"), Decimal("1.00")]
    assert [trade["bust_time"] is None for trade in trades] == [True, False]
    (book,) = await select(pool, "SELECT cash FROM portfolios", [])
    assert book["cash"] == Decimal(100_000) - 400 - Decimal("1.50")
    # The position gives it back as a sale: at a profit of 6 x 0.40 over its average price.
    (position,) = await select(pool, "SELECT quantity, avg_price, realized_pnl FROM positions", [])
    assert tuple(position.values()) == (4, Decimal("100.60"), Decimal("2.40"))


async def test_a_settled_day_is_cash_and_a_new_average_price(
    pool: psycopg_pool.AsyncConnectionPool,
) -> None:
    account = Account()
    account.submit("ESZ5", quantity=2)
    account.report("FILL", "e-1", quantity=2, price=5000_00, fee=2_00)
    next_day = 86_400_000_000_000
    account.mark(FUTURE, 5010_00, next_day - 1)
    account.execute({"type": "Advance"}, next_day)
    await BookTables(pool).rebuild(account.events)

    (book,) = await select(pool, "SELECT cash FROM portfolios", [])
    assert book["cash"] == Decimal(100_000) - 2 + 2 * 50 * 10
    (position,) = await select(pool, "SELECT quantity, avg_price, realized_pnl FROM positions", [])
    assert tuple(position.values()) == (2, 5010, 1000)


async def test_orders_of_every_kind_keep_their_terms_and_changes(
    pool: psycopg_pool.AsyncConnectionPool,
) -> None:
    account = Account()
    stop, trailing = new_id(), new_id()
    account.submit(
        order_id=stop,
        order_type="STOP_LIMIT",
        stop_price=105_00,
        limit_price=106_00,
        reduce_only=False,
        trader_id="ann",
    )
    account.submit(
        order_id=trailing,
        side="SELL",
        order_type="TRAILING_STOP",
        trail={"bps": 50},
        time_in_force="GTD",
        expire_time_ns=86_400_000_000_000,
    )
    account.report("ACCEPTED", f"{stop}-1", stop, venue_order_id="v-1")
    account.execute({"type": "Replace", "order_id": stop, "replacement": {"quantity": 7}})
    account.report("REPLACED", f"{stop}-2", stop, quantity=7)
    account.report("UNCERTAIN", f"{trailing}-1", trailing)
    await BookTables(pool).rebuild(account.events)

    columns = (
        "order_type, quantity, limit_price, stop_price, trail_bps, trader, status, uncertain, "
        "venue_order_id, time_in_force"
    )
    rows = await select(pool, f"SELECT {columns} FROM orders ORDER BY event_sequence", [])  # noqa: S608  # A constant.
    by_type = {row["order_type"]: tuple(row.values())[1:] for row in rows}
    assert by_type == {
        "STOP_LIMIT": (7, 106, 105, None, "ann", "NEW", False, "v-1", "GTC"),
        "TRAILING_STOP": (10, None, None, 50, None, "PENDING_NEW", True, None, "GTD"),
    }
