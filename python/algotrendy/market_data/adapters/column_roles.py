"""Which column of a file plays which part, by the names that vendors give them."""

import re
from collections.abc import Mapping, Sequence
from typing import NoReturn

from algotrendy.errors import DataColumnsError

BAR_ROLES = ("time", "open", "high", "low", "close")
TICK_ROLES = ("time", "price", "quantity")
ROLES = (*BAR_ROLES, "volume", "price", "quantity", "side")
QUOTE_ROLES = ("time", "bid", "ask")
QUOTE_SIZES = ("bid_size", "ask_size")

# Names under which a side is told by whether the buyer was the one who waited.
_MAKER_NAMES = frozenset({"isbuyermaker", "buyermaker"})

# As they read in lower case without blanks and punctuation.
_NAMES: Mapping[str, frozenset[str]] = {
    "time": frozenset(
        {
            "time",
            "date",
            "datetime",
            "timestamp",
            "opentime",
            "tradetime",
            "eventtime",
            "tsevent",
            "ts",
        }
    ),
    "open": frozenset({"open", "o", "openprice"}),
    "high": frozenset({"high", "h", "highprice"}),
    "low": frozenset({"low", "l", "lowprice"}),
    "close": frozenset({"close", "c", "closeprice"}),
    "volume": frozenset({"volume", "v", "vol"}),
    "price": frozenset({"price", "last", "lastprice", "tradeprice"}),
    "quantity": frozenset({"quantity", "qty", "size", "volume", "lastsize", "tradesize"}),
    "side": frozenset({"side", "aggressorside", "takerside", "aggressor"}) | _MAKER_NAMES,
    "bid": frozenset({"bid", "bidprice", "bidpx"}),
    "ask": frozenset({"ask", "askprice", "askpx", "offer"}),
    "bid_size": frozenset({"bidsize", "bidqty", "bidquantity"}),
    "ask_size": frozenset({"asksize", "askqty", "askquantity"}),
}


def recognise(file: str, names: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the column's name for each role of bars or of ticks.

    Bars may have a `volume`, ticks a `side`: these roles are there where a column is.

    Parameters
    ----------
    file : str
        Named in errors.
    names : sequence of str
        The file's columns.
    given : mapping of role to column name
        What the caller has said; comes before what names tell.

    Raises
    ------
    DataColumnsError
        A role is unknown or has no column, or more than one; a given column is not in the file.
    """
    candidates = _candidates(file, names, given, ROLES)
    roles = _kind(candidates, given)
    optional = "volume" if roles == BAR_ROLES else "side"
    return _chosen(file, names, candidates, (roles, (optional,)))


def recognise_quotes(file: str, names: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the column's name for each role of quotes, as `recognise` does.

    Quotes may have sizes.
    """
    candidates = _candidates(file, names, given, (*QUOTE_ROLES, *QUOTE_SIZES))
    return _chosen(file, names, candidates, (QUOTE_ROLES, QUOTE_SIZES))


def tells_the_maker(name: str) -> bool:
    """Tell whether a side's column holds whether the buyer was the one who waited."""
    return _plain(name) in _MAKER_NAMES


def _candidates(
    file: str, names: Sequence[str], given: Mapping[str, str], roles: Sequence[str]
) -> dict[str, list[str]]:
    """Return, by role, the columns that could play it."""
    for role, name in given.items():
        if role not in roles:
            _refuse(file, names, roles, f"{role} is no role; expected one of {', '.join(roles)}")
        if names.count(name) != 1:
            _refuse(file, names, roles, f"{name!r}, given for {role}, is not exactly one column")
    free = [name for name in names if name not in set(given.values())]
    return {
        role: [given[role]]
        if role in given
        else [name for name in free if _plain(name) in _NAMES[role]]
        for role in roles
    }


def _chosen(
    file: str,
    names: Sequence[str],
    candidates: Mapping[str, Sequence[str]],
    roles: tuple[Sequence[str], Sequence[str]],
) -> dict[str, str]:
    """Return the one column of each role that must be there, and of each that may be."""
    needed, optional = roles
    for role in needed:
        if not candidates[role]:
            _refuse(file, names, list(candidates), f"no column is the {role}")
    there = [*needed, *(role for role in optional if candidates[role])]
    for role in there:
        if len(candidates[role]) > 1:
            problem = f"{' and '.join(candidates[role])} could each be the {role}"
            _refuse(file, names, list(candidates), problem)
    return {role: candidates[role][0] for role in there}


def _kind(candidates: Mapping[str, Sequence[str]], given: Mapping[str, str]) -> tuple[str, ...]:
    if given.keys() & {"price", "quantity"}:
        return TICK_ROLES
    if all(candidates[role] for role in BAR_ROLES[1:]) or not candidates["price"]:
        return BAR_ROLES
    return TICK_ROLES


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _refuse(file: str, names: Sequence[str], roles: Sequence[str], problem: str) -> NoReturn:
    shown = ", ".join(names)
    raise DataColumnsError(
        f"{file}: {problem}. The file has the columns {shown}; name them by role "
        f"({', '.join(roles)}) where their names do not tell.",
        file=file,
        columns=shown,
    )
