"""Results made by hand: an account that buys and sells at given bars, reckoned in plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algotrendy.backtest.arrow_columns import NULL
from algotrendy.backtest.fingerprint import columns_digest
from algotrendy.backtest.manifest import DataRecord, Manifest
from algotrendy.backtest.result import Result
from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.instrument import Instrument

CASH = 100_000_00
COSTS = {"slippage": {"bps": "1"}, "fees": {"bps": "1"}}
SPEC = {
    "symbols": ["SPY"],
    "parameters": {"fast": 10, "slow": 20},
    "entry": "cross_above(sma(close, fast), sma(close, slow))",
    "exit": "cross_below(sma(close, fast), sma(close, slow))",
    "size": {"type": "percent", "percent": "1"},
}


@dataclass(frozen=True)
class Trade:
    """A market order that fills whole at a bar; price in cents, decided a nanosecond before."""

    bar: int
    side: str
    quantity: int
    price: int
    symbol: str = "SPY"
    fee: int = 0


@dataclass
class Account:
    """What a run of trades over closes leaves behind, as the core's columns."""

    closes: Mapping[str, Sequence[int]]
    trades: Sequence[Trade]
    cash: int = CASH
    slippage_each: int = 0
    rejections: Sequence[Mapping[str, Any]] = ()
    instruments: Mapping[str, Instrument] = field(default_factory=dict)

    def columns(self) -> dict[str, dict[str, Any]]:
        return {
            "orders": self._orders(),
            "fills": self._fills(),
            "positions": self._positions(),
            "rejections": self._rejections(),
            **self._over_time(),
        }

    def _orders(self) -> dict[str, Any]:
        count = len(self.trades)
        times = [open_ns(trade.bar) - 1 for trade in self.trades]
        nothing = np.full(count, NULL)
        return {
            "order_id": [f"o-{n + 1}" for n in range(count)],
            "client_order_id": [f"o-{n + 1}" for n in range(count)],
            **self._what(),
            "order_type": ["MARKET"] * count,
            "limit_price": nothing,
            "stop_price": nothing,
            "reference_price": nothing,
            "time_in_force": ["GTC"] * count,
            "status": ["FILLED"] * count,
            "filled_quantity": ints(trade.quantity for trade in self.trades),
            "create_time_ns": ints(times),
            "end_time_ns": ints(time + 1 for time in times),
            "reason": [None] * count,
            "rule": [None] * count,
            "tag": [None] * count,
        }

    def _what(self) -> dict[str, Any]:
        return {
            "symbol": [trade.symbol for trade in self.trades],
            "side": [trade.side for trade in self.trades],
            "quantity": ints(trade.quantity for trade in self.trades),
        }

    def _fills(self) -> dict[str, Any]:
        count = len(self.trades)
        return {
            "execution_id": [f"o-{n + 1}-1" for n in range(count)],
            "order_id": [f"o-{n + 1}" for n in range(count)],
            **self._what(),
            "price": ints(trade.price for trade in self.trades),
            "fee": ints(trade.fee for trade in self.trades),
            "time_ns": ints(open_ns(trade.bar) for trade in self.trades),
            "is_maker": np.zeros(count, dtype=bool),
        }

    def _positions(self) -> dict[str, Any]:
        """Pair each symbol's orders two by two: these accounts open and close whole positions."""
        rows = []
        for symbol in self.closes:
            own = [trade for trade in self.trades if trade.symbol == symbol]
            pairs = [
                (own[n], own[n + 1] if n + 1 < len(own) else None) for n in range(0, len(own), 2)
            ]
            rows += [self._position(*pair) for pair in pairs]
        names = ("symbol", "side", "quantity", "open_time_ns", "close_time_ns")
        names += ("open_price", "close_price", "profit", "fees")
        columns: dict[str, Any] = {name: [row[n] for row in rows] for n, name in enumerate(names)}
        for name in ("quantity", "open_time_ns", "close_time_ns", "profit", "fees"):
            columns[name] = ints(columns[name])
        for name in ("open_price", "close_price"):
            columns[name] = np.array(columns[name], dtype=np.float64)
        return columns

    def _position(self, opened: Trade, closed: Trade | None) -> tuple[Any, ...]:
        side = "LONG" if opened.side == "BUY" else "SHORT"
        fees = opened.fee + (closed.fee if closed else 0)
        sign = 1 if opened.side == "BUY" else -1
        price = closed.price if closed else 0
        profit = sign * opened.quantity * (price - opened.price) if closed else 0
        return (
            opened.symbol,
            side,
            opened.quantity,
            open_ns(opened.bar),
            open_ns(closed.bar) if closed else NULL,
            opened.price / 100,
            closed.price / 100 if closed else np.nan,
            profit,
            fees,
        )

    def _rejections(self) -> dict[str, Any]:
        rows = self.rejections
        columns: dict[str, Any] = {
            name: [row.get(name) for row in rows]
            for name in ("order_id", "symbol", "reason", "rule", "limit", "observed")
        }
        return columns | {"time_ns": ints(row["time_ns"] for row in rows)}

    def _over_time(self) -> dict[str, dict[str, Any]]:
        count = max(map(len, self.closes.values()))
        cash = np.full(count, self.cash)
        gross, net, positions = (np.zeros(count, dtype=np.int64) for _ in range(3))
        fees, slippage = (np.zeros(count, dtype=np.int64) for _ in range(2))
        for symbol, closes in self.closes.items():
            held = np.zeros(count, dtype=np.int64)
            for trade in (trade for trade in self.trades if trade.symbol == symbol):
                signed = trade.quantity if trade.side == "BUY" else -trade.quantity
                held[trade.bar :] += signed
                cash[trade.bar :] -= signed * trade.price + trade.fee
                fees[trade.bar :] += trade.fee
                slippage[trade.bar :] += self.slippage_each
            worth = held * np.array(closes, dtype=np.int64)
            gross, net = gross + abs(worth), net + worth
            positions = positions + (held != 0)
        times = {"time_ns": ints(close_ns(bar) for bar in range(count))}
        return {
            "equity": {**times, "equity": cash + net, "cash": cash},
            "exposure": {**times, "gross": gross, "net": net, "position_count": positions},
            "costs": {**times, "fees_total": fees, "costs": slippage},
        }


def result(
    closes: Mapping[str, Sequence[int]] | Sequence[int],
    trades: Sequence[Trade] = (),
    *,
    manifest: Manifest | None = None,
    **account: Any,
) -> Result:
    """Return the result of trades over closes, in cents."""
    by_symbol = closes if isinstance(closes, Mapping) else {"SPY": closes}
    instruments = {symbol: Instrument(symbol) for symbol in by_symbol}
    return Result(
        Account(by_symbol, trades, **account).columns(),
        currency="USD",
        instruments=instruments,
        manifest=manifest or manifest_of(by_symbol),
        prices={
            symbol: (
                ints(close_ns(bar) for bar in range(len(values))),
                np.array(values, dtype=np.float64) / 100,
            )
            for symbol, values in by_symbol.items()
        },
    )


def manifest_of(closes: Mapping[str, Sequence[int]], **changes: Any) -> Manifest:
    """Return the manifest of a spec over closes."""
    terms: dict[str, Any] = {
        "strategy": {"type": "spec", "spec": SPEC},
        "data": [
            DataRecord(
                name=symbol,
                kind="bars",
                rows=len(values),
                sha256=columns_digest({"close": ints(values)}),
                start_time_ns=open_ns(0),
                end_time_ns=close_ns(len(values) - 1),
                instrument=dict(Instrument(symbol).core_terms),
            )
            for symbol, values in closes.items()
        ],
        "terms": {"cash": "100000", "currency": "USD", "costs": COSTS, "seed": 0, "finish": "hold"},
        **changes,
    }
    return Manifest(**terms)


def crossing(count: int = 1_000, seed: int = 7) -> Result:
    """Return a result that trades a random walk whenever its averages cross; a bp of fee each."""
    steps = np.random.default_rng(seed).normal(0.0003, 0.01, count)
    closes = np.round(30_000 * np.exp(np.cumsum(steps))).astype(np.int64)
    mean = lambda n: np.convolve(closes, np.ones(n) / n, "valid")[20 - n :]  # noqa: E731
    above = mean(10) > mean(20)
    turns = np.flatnonzero(np.diff(above.astype(np.int64))) + 21
    trades = []
    cash, held = CASH, 0
    for bar in turns.tolist():
        if bar >= count - 1:
            break
        price = int(closes[bar])
        quantity = held or max(1, cash * 95 // 100 // price)
        if not held and not above[bar - 20]:
            continue
        fee = round(quantity * price / 10_000)
        trades.append(Trade(bar, "SELL" if held else "BUY", quantity, price, fee=fee))
        cash += (quantity if held else -quantity) * price - fee
        held = 0 if held else quantity
    return result(closes.tolist(), trades, slippage_each=900)


def open_ns(bar: int) -> int:
    return (18_262 + bar) * DAY_NS + 9 * DAY_NS // 24


def close_ns(bar: int) -> int:
    return (18_262 + bar) * DAY_NS + 16 * DAY_NS // 24


def ints(values: Any) -> NDArray[np.int64]:
    return np.array(list(values), dtype=np.int64)


def money(units: int) -> Decimal:
    return Decimal(units).scaleb(-2)
