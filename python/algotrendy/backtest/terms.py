"""The terms of a run: what the account starts with, what trading costs, how long it lasts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, Literal

from algotrendy import _core
from algotrendy.bar.options import count, decimal, integer, refuse
from algotrendy.domain.limits import Limits
from algotrendy.domain.money import currency_scale, to_units
from algotrendy.domain.times import time_range_ns
from algotrendy.domain.venue import VenueTerms

Finish = Literal["hold", "last_open", "last_close"]

DEFAULT_COSTS: Final = VenueTerms(slippage_bps=Decimal(1), fee_bps=Decimal(1))
"""One basis point of fees, one of slippage: never nothing unless somebody says so."""

DEFAULT_KEPT_BARS: Final = 10_000
"""How far `history` reaches back at least where data are streamed."""

_SEED_LIMIT: Final = 2**64


@dataclass(frozen=True)
class RunTerms:
    """The terms of a run, checked; `record` says them in JSON's words."""

    cash: Decimal
    currency: str
    costs: VenueTerms
    start_ns: int | None
    end_ns: int | None
    limits: Limits | None
    finish: Finish
    rates: Mapping[str, Decimal]
    max_orders: int | None
    kept_bars: int

    def to_core(self) -> "_core.RunTerms":
        """Return the terms as the Rust core takes them."""
        return {
            "currency": self.currency,
            "cash": to_units(self.cash, currency_scale(self.currency), field="cash"),
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "venue": self.costs.to_config(),
            "limits": None if self.limits is None else self.limits.to_core(),
            "finish": self.finish,
            "rates": [(currency, f"{rate:f}") for currency, rate in sorted(self.rates.items())],
            "max_orders": self.max_orders,
            "kept_rows": self.kept_bars,
        }

    def record(self) -> dict[str, Any]:
        """Return the keyword arguments of `run` that say the same."""
        return {
            "cash": f"{self.cash:f}",
            "currency": self.currency,
            "costs": dict(self.costs.to_config()),
            "start": self.start_ns,
            "end": self.end_ns,
            "limits": None if self.limits is None else self.limits.to_core(),
            "seed": self.costs.seed,
            "finish": self.finish,
            "rates": {currency: f"{rate:f}" for currency, rate in sorted(self.rates.items())},
        }


def run_terms(
    *,
    cash: object,
    currency: str | None,
    costs: object,
    start: object,
    end: object,
    limits: object,
    seed: object,
    finish: str,
    rates: Mapping[str, object] | None,
    max_orders: object,
    kept_bars: object,
    instruments: Mapping[str, _core.Instrument],
    default_costs: VenueTerms | None = None,
) -> RunTerms:
    """Return the terms that the arguments of `run` say.

    Raises
    ------
    InvalidArgumentError
        For an argument that is none; names the field, the value and what was expected.
    """
    if finish not in {"hold", "last_open", "last_close"}:
        refuse("finish", finish, "'hold', 'last_open' or 'last_close'")
    seeded = integer("seed", seed)
    if not 0 <= seeded < _SEED_LIMIT:
        refuse("seed", seed, "0 or more, below 2^64")
    venue = _costs(costs, default_costs)
    start_ns, end_ns = time_range_ns(start, end)
    money = decimal("cash", cash)
    if money <= 0:
        refuse("cash", cash, "a positive number")
    return RunTerms(
        cash=money,
        currency=currency or _only_currency(instruments),
        costs=replace(venue, seed=seeded) if seeded else venue,
        start_ns=start_ns,
        end_ns=end_ns,
        limits=_limits(limits),
        finish=finish,  # type: ignore[arg-type]  # Checked above.
        rates={name: decimal(f"rates[{name!r}]", rate) for name, rate in (rates or {}).items()},
        max_orders=None if max_orders is None else count("max_orders", max_orders),
        kept_bars=DEFAULT_KEPT_BARS if kept_bars is None else count("kept_bars", kept_bars),
    )


def _costs(costs: object, default: VenueTerms | None) -> VenueTerms:
    if costs is None:
        return default or DEFAULT_COSTS
    if isinstance(costs, VenueTerms):
        return costs
    if not isinstance(costs, Mapping):
        refuse("costs", costs, "VenueTerms or a mapping such as {'fees': {'bps': '1'}}")
    return VenueTerms.from_config(costs)


def _limits(limits: object) -> Limits | None:
    if limits is None or isinstance(limits, Limits):
        return limits
    if not isinstance(limits, Mapping):
        refuse("limits", limits, "Limits")
    try:
        return Limits.from_core(limits)  # type: ignore[arg-type]  # As a manifest records them.
    except KeyError as missing:
        expected = f"Limits such as Limits(allow_short=True); a manifest's have {missing}"
        refuse("limits", dict(limits), expected)


def _only_currency(instruments: Mapping[str, _core.Instrument]) -> str:
    currencies = sorted({instrument.currency for instrument in instruments.values()})
    if len(currencies) > 1:
        refuse("currency", None, "the account's, one of " + ", ".join(currencies))
    return currencies[0]
