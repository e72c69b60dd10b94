"""An account, a venue and an instrument of nautilus_trader, for one run in one process."""

from decimal import Decimal

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.enums import AccountType, OmsType, OrderStatus
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity

from benchmarks.peers.backtest.serve import Outcome
from benchmarks.peers.backtest.terms import CASH, FEE

VENUE = Venue("SIM")
# What is not there at the price fills a tick away, and an account without credit ends the run: its
# market is as deep as that of the others, who do not look.
DEPTH = 1e9
INSTRUMENT = Equity(
    instrument_id=InstrumentId(Symbol("SYN"), VENUE),
    raw_symbol=Symbol("SYN"),
    currency=USD,
    price_precision=2,
    price_increment=Price.from_str("0.25"),
    lot_size=Quantity.from_int(1),
    ts_event=0,
    ts_init=0,
    maker_fee=Decimal(str(FEE)),
    taker_fee=Decimal(str(FEE)),
)


def engine_of(data: list, strategy) -> BacktestEngine:  # noqa: ANN001
    """Return an engine that has everything and has not run."""
    engine = BacktestEngine(
        BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False)
    )
    engine.add_venue(
        venue=VENUE,
        oms_type=OmsType.NETTING,
        account_type=AccountType.CASH,
        base_currency=USD,
        starting_balances=[Money(int(CASH), USD)],
    )
    engine.add_instrument(INSTRUMENT)
    engine.add_data(data)
    engine.add_strategy(strategy)
    return engine


def outcome(engine: BacktestEngine, last_price: float) -> Outcome:
    """Return how many orders were filled, and cash and holding at the last price."""
    fills = sum(order.status == OrderStatus.FILLED for order in engine.cache.orders())
    cash = engine.cache.account_for_venue(VENUE).balance_total(USD).as_double()
    held = float(engine.portfolio.net_position(INSTRUMENT.id))
    return Outcome(fills, cash + held * last_price)
