"""Pages of a list: how many entries, and after which one."""

from algotrendy.errors import InvalidArgumentError

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000


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
