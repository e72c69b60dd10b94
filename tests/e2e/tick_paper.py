"""A platform with trades and quotes of pairs of symbols, and backtests over them."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tests.e2e.paper import CASH, COSTS, LIMITS, Desk, import_bars

import algotrendy as at
from algotrendy.api.market_data.v1.market_data_service_pb2 import (
    ImportQuotesRequest,
    ReplayTicksRequest,
)
from algotrendy.client import Client
from algotrendy.domain.clock import MINUTE_NS, SECOND_NS
from algotrendy.rpc.time import encode_time

# Whose trades and quotes, trades alone, and quotes alone are stored.
BOTH: Final = ("AAA", "BBB")
TRADES: Final = ("TRA", "TRB")
QUOTES: Final = ("QUA", "QUB")

_FIRST_NS: Final = int(np.datetime64("2024-03-01T14:30", "ns").astype(np.int64))
_MINUTES: Final = 55
# Few times, so that much has the same: of several symbols, of trades and quotes, and of closes.
_STEP_NS: Final = 5 * SECOND_NS


class TickDesk(Desk):
    """A platform with ticks; bars are of a minute."""

    async def replay_ticks(self, symbols: Sequence[str], **span: Any) -> None:
        """Replay ticks from the start on."""
        request = ReplayTicksRequest(
            symbols=symbols, **{"start_time": encode_time(self.start_ns), **span}
        )
        async for _ in self.client.market_data.ReplayTicks(request):
            pass

    async def run_back(self, strategy: object, symbols: Sequence[str]) -> at.backtest.Result:
        """Backtest over what is stored."""
        data: dict[str, Any] = dict(await self.client.ticks(symbols))
        for symbol in set(symbols) & set(QUOTES):
            data[f"{symbol}:quotes"] = data[symbol]
            data |= await self.client.bars(symbol)
        return at.backtest.run(
            strategy,
            {
                name: data[name]
                for symbol in symbols
                for name in (symbol, f"{symbol}:quotes")
                if name in data
            },
            bars=None if data.keys() & set(QUOTES) else "1m",
            cash=CASH,
            costs=COSTS,
            limits=LIMITS,
            start=self.start_ns,
        )


async def import_all(client: Client, folder: Path) -> None:
    """Import trades, bars and quotes, each symbol's of its own seed."""
    for seed, symbol in enumerate((*BOTH, *TRADES, *QUOTES)):
        rng = np.random.default_rng(seed)
        path = folder / f"{symbol}.csv"
        has_trades = symbol not in QUOTES
        (_write_trades if has_trades else _write_bars)(path, rng)
        await import_bars(client, symbol, path, MINUTE_NS)
        if symbol not in TRADES:
            path = folder / f"{symbol}-quotes.csv"
            _write_quotes(path, rng)
            request = ImportQuotesRequest(symbol=symbol, file_path=str(path))
            await client.market_data.ImportQuotes(request)


def _write_trades(path: Path, rng: np.random.Generator) -> None:
    times = _times(rng)
    prices = _walk(rng, len(times))
    rows = zip(times, prices, rng.integers(1, 90, len(times)), strict=True)
    sides = rng.choice(["buy", "sell"], len(times))
    _write(
        path, "time price size side", ((*row, side) for row, side in zip(rows, sides, strict=True))
    )


def _write_quotes(path: Path, rng: np.random.Generator) -> None:
    times = _times(rng)
    bids = _walk(rng, len(times))
    asks = bids + rng.integers(1, 6, len(times)) / 100
    sizes = rng.integers(1, 90, (2, len(times)))
    _write(path, "time bid ask bid_size ask_size", zip(times, bids, asks, *sizes, strict=True))


def _write_bars(path: Path, rng: np.random.Generator) -> None:
    times = _FIRST_NS + MINUTE_NS * np.arange(_MINUTES)
    open_ = _walk(rng, _MINUTES)
    close = open_ + rng.integers(-4, 5, _MINUTES) / 100
    high, low = np.maximum(open_, close) + 0.01, np.minimum(open_, close) - 0.01
    volume = rng.integers(1, 900, _MINUTES)
    rows = zip(times, open_, high, low, close, volume, strict=True)
    _write(path, "time open high low close volume", rows)


def _times(rng: np.random.Generator) -> NDArray[np.int64]:
    steps = int(_MINUTES * MINUTE_NS // _STEP_NS)
    # None, one or two at each time.
    counts = rng.choice(3, steps, p=[0.5, 0.35, 0.15])
    return _FIRST_NS + _STEP_NS * np.repeat(np.arange(steps), counts)


def _walk(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    prices: NDArray[np.float64] = (10_000 + np.cumsum(rng.integers(-3, 4, count))) / 100
    return prices


def _write(path: Path, header: str, rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split())
        for time_ns, *values in rows:
            written = [f"{value:.2f}" if isinstance(value, float) else value for value in values]
            writer.writerow([np.datetime64(int(time_ns), "ns"), *written])
