"""Which column of a file plays which part, by the names that vendors give them."""

import re
from collections.abc import Mapping, Sequence

from algotrendy.errors import DataColumnsError

BAR_ROLES = ("time", "open", "high", "low", "close")
TICK_ROLES = ("time", "price", "quantity")
ROLES = (*BAR_ROLES, "volume", "price", "quantity", "side")

# Names under which a side is told by whether the buyer was the one who waited.
_MAKER_NAMES = frozenset({"isbuyermaker", "buyermaker"})

# As they read in lower case without blanks and punctuation.
_NAMES: Mapping[str, frozenset[str]] = {
    "time": frozenset(
        {"time", "date", "datetime", "timestamp", "opentime", "tradetime", "eventtime", "ts"}
    ),
    "open": frozenset({"open", "o", "openprice"}),
    "high": frozenset({"high", "h", "highprice"}),
    "low": frozenset({"low", "l", "lowprice"}),
    "close": frozenset({"close", "c", "closeprice"}),
    "volume": frozenset({"volume", "v", "vol"}),
    "price": frozenset({"price", "last", "lastprice", "tradeprice"}),
    "quantity": frozenset({"quantity", "qty", "size", "volume", "lastsize", "tradesize"}),
    "side": frozenset({"side", "aggressorside", "takerside", "aggressor"}) | _MAKER_NAMES,
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
    for role, name in given.items():
        if role not in ROLES:
            _refuse(file, names, f"{role} is no role; expected one of {', '.join(ROLES)}")
        if names.count(name) != 1:
            _refuse(file, names, f"{name!r}, given for {role}, is not exactly one column")
    candidates = {role: _candidates(role, names, given) for role in ROLES}
    roles = _kind(candidates, given)
    for role in roles:
        if not candidates[role]:
            _refuse(file, names, f"no column is the {role}")
    optional = "volume" if roles == BAR_ROLES else "side"
    if candidates[optional]:
        roles = (*roles, optional)
    for role in roles:
        if len(candidates[role]) > 1:
            _refuse(file, names, f"{' and '.join(candidates[role])} could each be the {role}")
    return {role: candidates[role][0] for role in roles}


def tells_the_maker(name: str) -> bool:
    """Tell whether a side's column holds whether the buyer was the one who waited."""
    return _plain(name) in _MAKER_NAMES


def _candidates(role: str, names: Sequence[str], given: Mapping[str, str]) -> list[str]:
    if role in given:
        return [given[role]]
    taken = set(given.values())
    return [name for name in names if name not in taken and _plain(name) in _NAMES[role]]


def _kind(candidates: Mapping[str, Sequence[str]], given: Mapping[str, str]) -> tuple[str, ...]:
    if given.keys() & {"price", "quantity"}:
        return TICK_ROLES
    if all(candidates[role] for role in BAR_ROLES[1:]) or not candidates["price"]:
        return BAR_ROLES
    return TICK_ROLES


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _refuse(file: str, names: Sequence[str], problem: str) -> None:
    shown = ", ".join(names)
    raise DataColumnsError(
        f"{file}: {problem}. The file has the columns {shown}; name them by role "
        f"({', '.join(ROLES)}) where their names do not tell.",
        file=file,
        columns=shown,
    )
