"""Checks 16, 19, 20 and 21: who may trade, and whether anybody may."""

from collections.abc import Iterator

from tests.parity.trading.model import limits
from tests.parity.trading.model.rules.candidate import Breach, Candidate


def restricted(c: Candidate) -> Iterator[Breach]:
    if c.terms["symbol"] in c.limits["restricted"]:
        yield Breach("INSTRUMENT_RESTRICTED")


def permission(c: Candidate, table: str, name: str | None) -> Iterator[Breach]:
    permitted = c.limits["permissions"][table]
    if permitted is None:
        return
    symbols = permitted.get(name, [])
    if symbols is not None and c.terms["symbol"] not in symbols:
        yield Breach("TRADING_NOT_PERMITTED")


def trader_permission(c: Candidate) -> Iterator[Breach]:
    yield from permission(c, "traders", c.terms["trader_id"])


def strategy_permission(c: Candidate) -> Iterator[Breach]:
    yield from permission(c, "strategies", c.strategy)


def kill_switch(c: Candidate) -> Iterator[Breach]:
    scopes = ("global", "account", f"strategy {c.strategy}")
    if any(scope in c.state.killed for scope in scopes):
        yield Breach("KILL_SWITCH_ON")


def connection(c: Candidate) -> Iterator[Breach]:
    if not c.state.is_connected:
        yield Breach("VENUE_DISCONNECTED")


def trading_halted(c: Candidate) -> Iterator[Breach]:
    if limits.trading_state(c.state) == "HALTED":
        yield Breach("TRADING_HALTED")


def trading_reducing(c: Candidate) -> Iterator[Breach]:
    if limits.trading_state(c.state) == "REDUCING" and not c.only_reduces:
        yield Breach("TRADING_REDUCING")
