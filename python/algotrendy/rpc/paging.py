"""Pages of a list: how many entries, and after which one."""

import copy
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NoReturn, Protocol, TypeVar

from algotrendy.errors import InvalidArgumentError

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000


class PageRequest(Protocol):
    """What every List call is asked with."""

    page_size: int
    page_token: str


class Page(Protocol):
    """One page of a list, as every List call answers it."""

    next_page_token: str


RequestT = TypeVar("RequestT", bound=PageRequest)
PageT = TypeVar("PageT", bound=Page)


def decode_page_size(
    page_size: int, *, default: int = DEFAULT_PAGE_SIZE, largest: int = MAX_PAGE_SIZE
) -> int:
    """Return how many entries a page holds; 0, which is unset, means the default.

    Examples
    --------
    >>> decode_page_size(0)
    100
    """
    if not 0 <= page_size <= largest:
        raise InvalidArgumentError(
            f"page_size is {page_size}; expected 1 to {largest}.",
            field="page_size",
            value=str(page_size),
        )
    return page_size or default


def decode_sequence_token(page_token: str) -> int | None:
    """Return the row number at which the last page ended; None asks for the first page."""
    if not page_token:
        return None
    if not page_token.isascii() or not page_token.isdecimal() or len(page_token) > 18:  # noqa: PLR2004  # An int64.
        refuse_page_token(page_token)
    return int(page_token)


def refuse_page_token(page_token: str) -> NoReturn:
    """Raise the error of a token that no page has ended with."""
    raise InvalidArgumentError(
        "page_token is none that this service gave.", field="page_token", value=page_token
    )


async def pages(
    call: Callable[[RequestT], Awaitable[PageT]], request: RequestT
) -> AsyncIterator[PageT]:
    """Yield every page of a list; `request` asks for the first, of the largest size if it has none.

    `async for page in pages(client.trading.ListFills, ListFillsRequest(account_id=account_id))`.
    """
    asked = copy.deepcopy(request)
    asked.page_size = request.page_size or MAX_PAGE_SIZE
    while True:
        page = await call(asked)
        yield page
        if not page.next_page_token:
            return
        asked.page_token = page.next_page_token
