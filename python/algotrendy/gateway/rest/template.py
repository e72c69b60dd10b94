"""Path templates of `google.api.http`: `/api/v1/orders/{order_id}`, `{name=rooms/*}`, `:verb`."""

import re
from urllib.parse import unquote

from algotrendy.errors import InvalidArgumentError

_TOKEN = re.compile(r"\{([a-z0-9_.]+)(?:=([^}]+))?\}|(\*\*|\*)|([^{}*]+)")
_WILDCARDS = {"*": "[^/]+", "**": ".+"}
_VERB = re.compile(r":[^/{}]+$")


class Template:
    """One path template.

    Parameters
    ----------
    text : str
        As the annotation writes it.

    Examples
    --------
    >>> Template("/v1/orders/{order_id}:stop").match("/v1/orders/a%2Fb:stop")
    {'order_id': 'a/b'}
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.variables: list[str] = []
        pattern = []
        position = 0
        while position < len(text):
            token = _TOKEN.match(text, position)
            if token is None:
                raise ValueError(f"The path template {text!r} is malformed at {position}.")
            pattern.append(self._pattern(token))
            position = token.end()
        self._regex = re.compile("".join(pattern))

    @property
    def plain(self) -> str:
        """The template with variables as `{name}` alone, as OpenAPI writes it."""
        return _TOKEN.sub(lambda token: f"{{{token[1]}}}" if token[1] else token[0], self.text)

    @property
    def precedence(self) -> tuple[object, ...]:
        """Sorts the more specific template first: a verb, then literal segments."""
        segments = [segment.count("{") + segment.count("*") for segment in self.text.split("/")]
        return (_VERB.search(self.text) is None, segments, self.text)

    def match(self, raw_path: str) -> dict[str, str] | None:
        """Return the variables' values by field path, or None if the path is another.

        `raw_path` is still percent-encoded, so that an encoded slash stays in its segment.
        """
        found = self._regex.fullmatch(raw_path)
        if found is None:
            return None
        values = zip(self.variables, found.groups(), strict=True)
        return {name: _decoded(name, value) for name, value in values}

    def _pattern(self, token: "re.Match[str]") -> str:
        variable, inner, wildcard, literal = token.groups()
        if variable is None:
            return _WILDCARDS[wildcard] if wildcard else re.escape(literal)
        self.variables.append(variable)
        parts = re.split(r"(\*\*|\*)", inner or "*")
        return f"({''.join(_WILDCARDS.get(part) or re.escape(part) for part in parts)})"


def _decoded(name: str, value: str) -> str:
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidArgumentError(f"{name} is no UTF-8 text.", field=name) from error
