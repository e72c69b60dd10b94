"""Finds what a person named: by id, by name, or because there is only one."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from algotrendy.agent.wording import listed

T = TypeVar("T")

_KINDS: Final = (" portfolio", " account", " strategy")


@dataclass(frozen=True)
class Found(Generic[T]):
    """The one that was meant, or the question to ask back."""

    one: T | None = None
    question: str = ""


def find(
    name: str,
    candidates: Sequence[T],
    *,
    kind: str,
    id_of: Callable[[T], str],
    name_of: Callable[[T], str],
) -> Found[T]:
    """Return the candidate of this id or name; with no name, the only one there is.

    Names are compared without case, and without the word for their kind at the end.
    """
    shown = listed(f"{name_of(candidate)} ({id_of(candidate)})" for candidate in candidates)
    if not candidates:
        return Found(question=f"There is no {kind} yet.")
    if not name:
        if len(candidates) == 1:
            return Found(candidates[0])
        return Found(question=f"Which {kind} do you mean? There are {shown}.")
    by_id = [candidate for candidate in candidates if id_of(candidate) == name]
    same = by_id or [
        candidate for candidate in candidates if _key(name_of(candidate)) == _key(name)
    ]
    if not same:
        return Found(question=f"I know no {kind} called '{_short(name)}'. There are {shown}.")
    if len(same) > 1:
        ids = listed(id_of(candidate) for candidate in same)
        return Found(question=f"Several are called '{_short(name)}'; say the id: {ids}.")
    return Found(same[0])


def symbol_key(symbol: str) -> str:
    """Return what symbols are compared by: letters and digits, without case.

    Examples
    --------
    >>> symbol_key("S&P 500")
    'sp500'
    """
    return "".join(character for character in symbol.casefold() if character.isalnum())


def _key(name: str) -> str:
    key = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    for kind in _KINDS:
        key = key.removesuffix(kind)
    return key


def _short(name: str) -> str:
    return name if len(name) <= 64 else f"{name[:63]}\u2026"  # noqa: PLR2004  # One line.
