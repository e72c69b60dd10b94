"""A result in words: what ran, what a reader must know, what came of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import pyarrow.compute as pc

from algotrendy import _core
from algotrendy.backtest.manifest import Manifest
from algotrendy.backtest.tables import times_of
from algotrendy.backtest.trade_statistics import shown_value
from algotrendy.domain.clock import DAY_NS
from algotrendy.errors import InvalidArgumentError

if TYPE_CHECKING:
    from algotrendy.backtest.result import Result

_NAMED_SYMBOLS: Final = 4
_NAMED_REASONS: Final = 3
_RULES: Final = ("entry", "exit", "short_entry", "short_exit", "rank")


@dataclass(frozen=True)
class Notice:
    """A sentence a reader must know to judge; a warning is what makes a result look too good."""

    text: str
    is_warning: bool = False


def title(result: "Result") -> str:
    """Return what ran on what: `Cross(fast=5, slow=20) on SPY`."""
    return f"{strategy_name(result.base)} on {_symbols(result)}"


def strategy_name(manifest: Manifest) -> str:
    """Return a class with its parameters, or a spec's name, else that it is one."""
    strategy = manifest.strategy
    if strategy.get("type") == "class":
        given = ", ".join(f"{name}={_plain(each)}" for name, each in strategy["parameters"].items())
        return f"{strategy['class']}({given})"
    spec = strategy.get("spec", {})
    given = ", ".join(f"{name}={value}" for name, value in (spec.get("parameters") or {}).items())
    name = str(spec.get("name") or "Spec")
    return f"{name}({given})" if given else name


def rules(manifest: Manifest) -> list[tuple[str, str]]:
    """Return a spec's rules as names and texts; none for a class."""
    spec: Mapping[str, Any] = manifest.strategy.get("spec", {})
    found = [(name.replace("_", " "), str(spec[name])) for name in _RULES if spec.get(name)]
    for name in ("size", "stops", "hold", "schedule"):
        value = spec.get(name)
        if isinstance(value, Mapping):
            kind = [str(value["type"])] if "type" in value else []
            terms = [f"{key} {flat(each)}" for key, each in value.items() if key != "type"]
            found.append((name, ", ".join([*kind, *terms])))
    return found


def span(result: "Result") -> str:
    """Return the first and the last close, as dates or, within three days, as times."""
    times = times_of(result.equity)
    if not len(times):
        return "no close"
    unit = "D" if times[-1] - times[0] > 3 * DAY_NS else "m"
    first, last = (
        str(np.datetime64(int(times[place]), "ns").astype(f"datetime64[{unit}]"))
        for place in (0, -1)
    )
    return f"{first} to {last} UTC".replace("T", " ", 0 if unit == "D" else 2)


def assumptions(manifest: Manifest) -> str:
    """Return how orders are filled and what it costs, a sentence for each choice of the venue."""
    costs = manifest.terms.get("costs")
    if not isinstance(costs, Mapping):
        return ""
    try:
        return str(_core.SimulatedVenue(config=cast("Any", dict(costs))))
    except InvalidArgumentError:
        return f"Costs: {flat(costs)}."  # Of another version, whose words this one does not know.


def notices(result: "Result") -> list[Notice]:
    """Return what a reader must know to judge the result, warnings first."""
    manifest = result.base
    found = []
    if manifest.synthetic_data:
        found.append(
            _warning(
                f"Synthetic data: {', '.join(manifest.synthetic_data)}. No market"
                " ever traded so; this says nothing about a profit."
            )
        )
    if manifest.in_sample_models:
        found.append(
            _warning(
                f"In sample: {', '.join(manifest.in_sample_models)} may have been"
                " trained on bars that this run traded. Its results say nothing"
                " about the future."
            )
        )
    if _fills_at_same_close(manifest):
        found.append(
            _warning(
                "Orders fill at the close they were decided on, a price that nobody"
                " knows before it is too late to trade at it."
            )
        )
    apart_ns = _apart_ns(result)
    if apart_ns is not None and apart_ns > 4 * DAY_NS:
        found.append(
            _warning(
                "Sharpe ratio and volatility are scaled by √252, as if each close were a day's;"
                f" here closes are {apart_ns / DAY_NS:g} days apart."
                " Compare them with nothing else."
            )
        )
    statistics = result.statistics
    if len(result.fills) and not statistics.fees and _slips_by_itself_alone(result):
        found.append(_warning("Trading cost nothing here: neither fees nor slippage were paid."))
    least_cash = pc.min(result.equity["cash"]).as_py()
    if least_cash is not None and least_cash < 0:
        found.append(
            _warning(
                f"Cash fell to {least_cash:,f} {result.currency}, a loan without interest: orders"
                " sized at a close may fill at a worse open. Size below 1, or at the next open."
            )
        )
    rejected = len(result.rejections)
    if rejected:
        found.append(
            _warning(
                f"{counted(rejected, 'order was', 'orders were')} refused:"
                f" {rejection_reasons(result)}."
            )
        )
    if statistics.open_trade_count:
        held = counted(statistics.open_trade_count, "position is", "positions are")
        found.append(
            Notice(f"{held} still open and counted at the last close, without the cost of closing.")
        )
    if not len(result.fills):
        found.append(Notice("Nothing was traded."))
    return found


def rejection_reasons(result: "Result") -> str:
    """Return the most frequent reasons of refusals with their counts."""
    reasons = Counter(result.rejections["reason"].to_pylist()).most_common()
    named = [f"{reason} ({count:,})" for reason, count in reasons[:_NAMED_REASONS]]
    rest = len(reasons) - _NAMED_REASONS
    return ", ".join(named) + (f" and {counted(rest, 'other reason')}" if rest > 0 else "")


def traded_symbols(result: "Result") -> dict[str, int]:
    """Return the symbols that were traded with the count of their fills, most first."""
    counted = pc.value_counts(result.fills["symbol"].combine_chunks()).to_pylist()
    counts = {each["values"]: each["counts"] for each in counted}
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def as_text(result: "Result") -> str:
    """Return the result as `print` shows it."""
    statistics = result.statistics.labelled()
    width = max(len(each.label) for each in statistics)
    head = [title(result), *_facts(result)]
    values = [shown_value(each, result.currency) for each in statistics]
    right = max(map(len, values))
    rows = [
        f"  {each.label:<{width}}  {value:>{right}}"
        for each, value in zip(statistics, values, strict=True)
    ]
    told = [f"{'! ' if notice.is_warning else '· '}{notice.text}" for notice in notices(result)]
    return "\n".join([*head, "", *rows, *(["", *told] if told else [])])


def as_html(result: "Result") -> str:
    """Return the result as a notebook shows it."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(each.label)}</th>"
        f"<td style='text-align:right'>{escape(shown_value(each, result.currency))}</td>"
        f"<td style='text-align:left;opacity:.65'>{escape(each.convention)}</td></tr>"
        for each in result.statistics.labelled()
    )
    facts = "".join(f"<div style='opacity:.75'>{escape(fact)}</div>" for fact in _facts(result))
    told = "".join(
        f"<div style='color:{'#b23a34' if notice.is_warning else 'inherit'}'>"
        f"{escape(notice.text)}</div>"
        for notice in notices(result)
    )
    return f"<div><strong>{escape(title(result))}</strong>{facts}<table>{rows}</table>{told}</div>"


def flat(value: object) -> str:
    """Return a mapping's names and values in one line, any other value as text."""
    if isinstance(value, Mapping):
        return " ".join(f"{key} {flat(each)}" for key, each in value.items())
    return str(value)


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: `1 order`, `2,000 orders`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _facts(result: "Result") -> list[str]:
    manifest = result.base
    traded = f"{counted(len(result.orders), 'order')}, {counted(len(result.fills), 'fill')}"
    cash = manifest.terms.get("cash")
    money = "" if cash is None else f", began with {Decimal(str(cash)):,f} {result.currency}"
    facts = [f"{span(result)}, {counted(len(result.equity), 'close')}{money}; {traded}"]
    facts += [f"{name}: {text}" for name, text in rules(manifest)]
    if assumptions(manifest):
        facts.append(assumptions(manifest))
    return facts


def _symbols(result: "Result") -> str:
    names = list(result.instruments)
    if len(names) <= _NAMED_SYMBOLS:
        return ", ".join(names)
    return f"{len(names)} symbols"


def _slips_by_itself_alone(result: "Result") -> bool:
    """Say whether no fill was worse than the price it met, wherever the market went before it."""
    costs = result.base.terms.get("costs")
    if not isinstance(costs, Mapping):
        return not result.statistics.slippage
    is_free = all(
        costs.get(name, "none") in ("none", {"bps": "0"}) for name in ("slippage", "spread")
    )
    return is_free or not result.statistics.slippage


def _fills_at_same_close(manifest: Manifest) -> bool:
    costs = manifest.terms.get("costs")
    return isinstance(costs, Mapping) and costs.get("market_fill") == "same_close"


def _apart_ns(result: "Result") -> int | None:
    """Return how far apart closes usually are; None for one or none."""
    steps = np.diff(times_of(result.equity))
    return int(np.median(steps)) if len(steps) else None


def _plain(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def _warning(text: str) -> Notice:
    return Notice(text, is_warning=True)
