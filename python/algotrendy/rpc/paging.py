"""Pages of a list: how many entries, and after which one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeVar

from algotrendy.errors import InvalidArgumentError

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000


class Page(Protocol):
    """One page of a list, as every List call answers it."""

    next_page_token: str


PageT = TypeVar("PageT", bound=Page)


def decode_page_size(page_size: int) -> int:
    """Return how many entries a page holds; 0, which is unset, means the default.

    Examples
    --------
    >>> decode_page_size(0)
    100
    """
    if not 0 <= page_size <= MAX_PAGE_SIZE:
        raise InvalidArgumentError(
            f"page_size is {page_size}; expected 1 to {MAX_PAGE_SIZE}.",
            field="page_size",
            value=str(page_size),
        )
    return page_size or DEFAULT_PAGE_SIZE


def decode_sequence_token(page_token: str) -> int | None:
    """Return the row number at which the last page ended; None asks for the first page."""
    if not page_token:
        return None
    if not page_token.isascii() or not page_token.isdecimal() or len(page_token) > 18:  # noqa: PLR2004  # An int64.
        raise InvalidArgumentError(
            "page_token is none that this service gave.", field="page_token", value=page_token
        )
    return int(page_token)


async def pages(fetch: Callable[[str], Awaitable[PageT]]) -> AsyncIterator[PageT]:
    """Yield every page of a list; `fetch` asks for the one that a token names."""
    token = ""
    while True:
        page = await fetch(token)
        yield page
        token = page.next_page_token
        if not token:
            return
