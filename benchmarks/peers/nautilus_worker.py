"""`python -m benchmarks.peers.nautilus_worker QUOTES SENDS`: what nautilus_trader takes a quote.

Runs in an environment with nautilus_trader and without algotrendy. With SENDS of 1 a strategy sends
one market order of a share at every quote, buys and sells in turn, which its risk engine checks and
its simulated exchange fills; with 0 it sends none. Prints one JSON object: nanoseconds a quote, and
how many orders were filled. One engine a process: a second one does not survive its end.
"""

import json
import os
import sys
import time
from decimal import Decimal

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide, OrderStatus
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy


class OneOrderAQuote(Strategy):
    """Buys a share at one quote and sells it at the next."""

    def __init__(self, config, *, sends: bool) -> None:  # noqa: ANN001
        super().__init__(config)
        self._sends = sends
        self._is_buy = True

    def on_start(self) -> None:
        """Ask for quotes."""
        self.subscribe_quote_ticks(_INSTRUMENT.id)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Send an order."""
        if not self._sends:
            return
        side = OrderSide.BUY if self._is_buy else OrderSide.SELL
        self._is_buy = not self._is_buy
        order = self.order_factory.market(tick.instrument_id, side, _ONE)
        self.submit_order(order)


_INSTRUMENT = TestInstrumentProvider.equity(symbol="SPY", venue="SIM")
_ONE = Quantity.from_int(1)
# A run that begins in 1970 ends the process.
_START_NS = 1_750_000_000_000_000_000
# Its risk engine takes a hundred orders a second.
_STEP_NS = 20_000_000


def run(count: int, *, sends: bool) -> tuple[float, int]:
    engine = BacktestEngine(
        BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False)
    )
    engine.add_venue(
        venue=Venue("SIM"),
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        base_currency=USD,
        starting_balances=[Money(1_000_000, USD)],
        default_leverage=Decimal(1),
    )
    engine.add_instrument(_INSTRUMENT)
    bid, ask = Price.from_str("99.99"), Price.from_str("100.01")
    size = Quantity.from_int(1_000_000)
    engine.add_data(
        [
            QuoteTick(_INSTRUMENT.id, bid, ask, size, size, time_ns, time_ns)
            for time_ns in range(_START_NS, _START_NS + _STEP_NS * count, _STEP_NS)
        ]
    )
    engine.add_strategy(OneOrderAQuote(StrategyConfig(), sends=sends))
    start = time.perf_counter_ns()
    engine.run()
    elapsed = time.perf_counter_ns() - start
    filled = sum(order.status == OrderStatus.FILLED for order in engine.cache.orders())
    return elapsed / count, filled


if __name__ == "__main__":
    ns, filled = run(int(sys.argv[1]), sends=sys.argv[2] == "1")
    print(json.dumps({"ns": ns, "filled": filled}), flush=True)
    # Its end frees what was freed before.
    os._exit(0)
