"""One strategy on several symbols that it looks at together: bars of one time in, orders out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby

from algotrendy import _core
from algotrendy.domain.bar import Bar, bar_fields
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import AccountView, OrderIntent, Side
from algotrendy.strategy.decision import Decision, EntryIntent, Words, written
from algotrendy.strategy.holding import Holding
from algotrendy.strategy.model import Entry
from algotrendy.strategy.rule import Rule

_FIELDS = ("open", "high", "low", "close", "volume", "open_time_ns", "close_time_ns")
_RANK = "rank"
# Before every bar.
_NEVER_NS = -(2**63)


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rank wants: what is sold, and then what is to be held in all of what is bought.

    Parameters
    ----------
    sold_out : frozenset of str
        The symbols of which nothing stays.
    waits_for : frozenset of str
        The symbols whose sales pay for the purchases.
    """

    sales: list[OrderIntent] = field(default_factory=list)
    purchases: list[EntryIntent] = field(default_factory=list)
    sold_out: frozenset[str] = frozenset()
    waits_for: frozenset[str] = frozenset()


class UniverseRunner:
    """A rule, followed over the bars of several symbols, time by time.

    Parameters
    ----------
    start_time_ns : int
        When the first bar that is decided on opens; no model is asked about a bar before.
    entries : iterable of Entry
        Of what was held before a restart.
    """

    def __init__(
        self,
        rule: Rule,
        instruments: Mapping[str, Instrument],
        start_time_ns: int = 0,
        entries: Iterable[Entry] = (),
    ) -> None:
        self._rule = rule
        self._instruments = instruments
        self._places = {symbol: place for place, symbol in enumerate(instruments)}
        self._universe = rule.universe(list(instruments.values()), start_time_ns)
        kept = {entry.symbol: entry for entry in entries}
        self.holdings = {symbol: Holding(kept.get(symbol)) for symbol in instruments}
        # The newest bar of each symbol.
        self._last: dict[str, Bar] = {}
        self._close_time_ns = _NEVER_NS

    @property
    def is_due(self) -> bool:
        """Whether it is decided at the last time who is held."""
        return self._universe.is_due

    def has_seen(self, bar: Bar) -> bool:
        """Whether the bar closes no later than those before."""
        return bar.close_time_ns <= self._close_time_ns

    def warm_up(self, bars: Iterable[Bar]) -> None:
        """Take bars of any symbols that are not decided on; old ones change nothing."""
        fresh = [bar for bar in bars if not self.has_seen(bar)]
        for _, moment in groupby(sorted(fresh, key=_close_time), _close_time):
            self._take(list(moment))

    def observe(self, moment: Sequence[Bar]) -> bool:
        """Take the bars that close next, all at one time, and return whether they need a decision.

        Raises
        ------
        InSampleError
            If a model has seen a bar's label, and is not asked with `in_sample=True`.
        """
        for bar in moment:
            self._rule.require_out_of_sample(bar.symbol, bar.close_time_ns)
        return self._take(moment)

    def decide(self, bar: Bar, account: AccountView) -> Decision:
        """Return what a rule without rank wants of a symbol whose bar has just been observed."""
        holding = self.holdings[bar.symbol]
        close, opened = self._universe.decide(
            self._places[bar.symbol],
            position=account.position,
            close=bar.close,
            equity=written(account.equity),
            is_working=account.has_working_order,
            bars_held=holding.look(account),
        )
        if close is not None:
            holding.clear()
        return self._words(bar).decision(close, opened)

    def rank(self, moment: Sequence[Bar], accounts: Mapping[str, AccountView]) -> Rotation:
        """Return what a rule with a rank wants at the time just observed.

        Parameters
        ----------
        accounts : mapping of str to AccountView
            Of every symbol.
        """
        present = {bar.symbol: bar for bar in moment}
        held_for = {symbol: self.holdings[symbol].look(view) for symbol, view in accounts.items()}
        if not self.is_due:
            longest = self._rule.spec.stops.max_bars
            old = [symbol for symbol in present if longest and held_for[symbol] >= longest]
            sold_old = [sale for symbol in old for sale in self._sale(symbol, accounts[symbol], 0)]
            return Rotation(sold_old, sold_out=frozenset(sale.symbol for sale in sold_old))
        targets = self._targets(present, accounts)
        sales: list[OrderIntent] = []
        purchases: list[EntryIntent] = []
        for symbol, account in accounts.items():
            target = targets.get(symbol)
            sold = self._sale(symbol, account, 0 if target is None else target.intent.quantity)
            sales.extend(sold)
            if target is not None and not sold:
                purchases.append(target)
        sold_symbols = {sale.symbol for sale in sales}
        return Rotation(
            sales,
            purchases,
            sold_out=frozenset(sold_symbols - targets.keys()),
            # One without a bar now may not be sold for long: nobody waits for it.
            waits_for=frozenset(sold_symbols & present.keys()),
        )

    def _targets(
        self, present: Mapping[str, Bar], accounts: Mapping[str, AccountView]
    ) -> dict[str, EntryIntent]:
        symbols = list(self._places)
        held = [symbols[place] for place in self._universe.held()]
        targets: dict[str, EntryIntent] = {}
        for symbol in held:
            target = self._universe.target(
                self._places[symbol],
                count=len(held),
                close=present[symbol].close,
                equity=written(accounts[symbol].equity),
            )
            if target is not None:
                targets[symbol] = self._words(present[symbol]).entry(target)
        return targets

    def _sale(self, symbol: str, account: AccountView, target: int) -> list[OrderIntent]:
        """Return what sells down to a target, if anything does and no order works."""
        surplus = account.position - target
        if surplus <= 0 or account.has_working_order:
            return []
        # Told of this time, also where its last bar is older: a bar is sold by once.
        bar = replace(self._last[symbol], close_time_ns=self._close_time_ns)
        return [self._words(bar).exit(Side.SELL, surplus, _RANK)]

    def _words(self, bar: Bar) -> Words:
        return Words(self._rule, bar, self._universe.model_outputs(self._places[bar.symbol]))

    def _take(self, moment: Sequence[Bar]) -> bool:
        rows = []
        for bar in moment:
            fields = bar_fields(bar, self._instruments[bar.symbol])
            rows.append((self._places[bar.symbol], tuple(fields[name] for name in _FIELDS)))
        needs_decision = self._universe.push(rows)
        self._close_time_ns = moment[0].close_time_ns
        for bar in moment:
            self._last[bar.symbol] = bar
            self.holdings[bar.symbol].count(bar, partial(self._exits, bar.symbol))
        return needs_decision

    def _exits(self, symbol: str) -> "_core.RuleExits":
        return self._universe.exits(self._places[symbol])


def _close_time(bar: Bar) -> int:
    return bar.close_time_ns
