"""Runs a strategy's class on an account of a platform that runs on this machine."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from rich.console import Console

from algotrendy.client import Client, read_addresses
from algotrendy.domain.strategy_class import Strategy
from algotrendy.domain.strategy_file import load_strategy
from algotrendy.errors import InvalidArgumentError


def run_strategy(
    name: str,
    *,
    account_id: str,
    symbols: Sequence[str],
    start: str | None,
    end: str | None,
    replay: bool,
    ticks: bool | None,
    data_dir: Path,
) -> int:
    """Run `module.py:Class` until its replay ends, or until Ctrl-C; return 0."""
    strategy = _strategy(name)
    console = Console(highlight=False)
    console.print(f"{strategy!r} trades {', '.join(symbols)} on {account_id}.")
    with suppress(KeyboardInterrupt):
        asyncio.run(
            _run(
                strategy,
                account_id,
                symbols,
                _time_ns("start", start),
                _time_ns("end", end),
                replay=replay,
                ticks=ticks,
                data_dir=data_dir,
            )
        )
    console.print("It has ended. Its orders and positions stay.")
    return 0


async def _run(
    strategy: Strategy,
    account_id: str,
    symbols: Sequence[str],
    start_ns: int | None,
    end_ns: int | None,
    *,
    replay: bool,
    ticks: bool | None,
    data_dir: Path,
) -> None:
    async with Client(read_addresses(data_dir).grpc) as client:
        await client.run(
            strategy,
            account_id=account_id,
            symbols=symbols,
            start_ns=start_ns,
            end_ns=end_ns,
            replay=replay,
            ticks=ticks,
        )


def _strategy(name: str) -> Strategy:
    loaded = load_strategy(name).strategy
    if not isinstance(loaded, type):
        raise InvalidArgumentError(
            f"{name} holds a spec, which the strategy service deploys; expected a class as in "
            "strategy.py:Cross.",
            field="strategy",
            value=name,
        )
    return loaded()


def _time_ns(field: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(np.datetime64(text, "ns").astype(np.int64))
    except ValueError as error:
        raise InvalidArgumentError(
            f"--{field} is {text!r}; expected a date or a time such as 2024-01-31.",
            field=field,
            value=text,
        ) from error
