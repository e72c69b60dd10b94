"""Which symbols a call is about."""

from collections.abc import Sequence

from algotrendy.errors import InvalidArgumentError


def checked_symbols(symbols: str | Sequence[str]) -> Sequence[str]:
    """Return symbols in their order; raise `InvalidArgumentError` for none, or one named twice."""
    named = [symbols] if isinstance(symbols, str) else list(symbols)
    if not named or len(set(named)) < len(named):
        raise InvalidArgumentError(
            f"symbols are {', '.join(named) or 'none'}; expected one at least, and each once.",
            field="symbols",
            value=",".join(named),
        )
    return named
