"""The intent model: regular expressions over normalised text. The same text has the same meaning.

An order is understood whole or not at all; a question is understood by its words.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from algotrendy.agent.model import (
    BacktestReview,
    BacktestRun,
    Intent,
    OrderRequest,
    Period,
    PortfolioQuestion,
    Request,
    Unclear,
)
from algotrendy.domain.clock import SECOND_NS
from algotrendy.domain.order import Side

_DECEMBER: Final = 12
_NUMBER: Final = r"[-+]?(?:\d{1,3}(?:[,']\d{3}){1,6}|\d{1,24})(?:\.\d{1,18})?"
_UUID: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_QUOTED: Final = re.compile(r'"([^"]+)"|(?<!\w)\'([^\']+)\'')


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.VERBOSE)


_POLITE: Final = _words(
    r"""(?:(?:please|hi|hello|hey|ok|okay|now|just|could\ you|can\ you|would\ you|will\ you
    |i\ want\ to|i\ would\ like\ to|i'd\ like\ to|let's|go\ ahead\ and
    |what\ if\ i|what\ happens\ if\ i
    |(?:preview|prepare|place|make|create|show\ me|give\ me)(?:\ (?:an?|the))?(?:\ preview\ of)?
    (?:\ (?:an?|the))?(?:\ order(?:\ to)?)?)[\s,:]+)*"""
)
_ORDER_VERB: Final = _words(r"(?:go\ )?(?P<verb>buy|purchase|long|sell|short)\b")
_ORDER: Final = _words(
    rf"""\s+(?P<quantity>{_NUMBER}|all)
    (?:\s+(?:shares?|units?|contracts?|coins?|lots?))?(?:\s+of)?(?:\s+(?:my|the))?
    \s+(?P<symbol>[a-z0-9.\-_^=/&]{{1,64}}(?:\s\d{{2,4}}(?![\d.,]))?)(?=[\s,;]|$)"""
)
_CURRENCY: Final = r"(?:\s*(?:usd|dollars?|eur|euros?))?"
# What may follow in an order, and which part of it that tells; each part is told once.
_CLAUSES: Final = (
    ("price", _words(r"(?:at\s+|as\s+a\s+)?(?:the\s+)?market(?:\s+(?:price|order))?(?!\w)")),
    (
        "price",
        _words(
            rf"""(?:(?:at|@|with|limit|a|of|price)\s*)+:?\s*\$?
            (?P<limit>{_NUMBER}){_CURRENCY}(?:\s+(?:limit|each|or\ better|a\ share))*
            (?=\s|,\s|;|$)"""
        ),
    ),
    (
        "portfolio",
        _words(
            r"""(?:in|for|from|into|on)\s+(?:the\s+|my\s+)?(?:portfolio\s+|account\s+)?
            "(?P<portfolio>[^"]+)"(?:\s+(?:portfolio|account))?"""
        ),
    ),
    (
        "portfolio",
        _words(
            r"""(?:in|for|from|into|on)\s+(?!me\b)(?:the\s+|my\s+)?(?:portfolio\s+|account\s+)?
            (?P<portfolio>[^"\s,;].*?)(?:\s+(?:portfolio|account))?
            (?=\s+(?:at|@|limit|with|please)\s|\s+please$|[,;]|$)"""
        ),
    ),
    (
        "manners",
        _words(r"(?:please|now|for\ me|good\ till\ cancell?ed|gtc|thanks|thank\ you)(?!\w)"),
    ),
)

_DATE: Final = r"(?:\d{4}-\d{2}-\d{2}|\d{4}-\d{2}(?!-\d)|\d{4}(?!-\d{2}(?!\d)))(?!\d)"
_FROM_TO: Final = _words(
    rf"""(?:\b(?:from|between|over|during|for|in)\s+)?\b(?P<start>{_DATE})
    \s*(?:to|until|till|through|and|-|\u2013)\s*(?P<end>{_DATE})"""
)
_SINCE: Final = _words(
    rf"\b(?:since|from|after|starting(?:\s+(?:in|at|from))?)\s+(?P<start>{_DATE})"
)
_WITHIN: Final = _words(rf"\b(?:in|during|for|over)\s+(?:the\s+)?(?:year\s+)?(?P<start>{_DATE})")
_BACKTEST: Final = _words(r"\bback[\s-]?test(?:s|ed|ing)?\b|\bsimulat(?:e|ion)\b")
_RUN: Final = _words(
    r"""(?:(?:run|start|do|perform|launch|try)\s+(?:me\s+)?(?:an?\s+|the\s+|another\s+)?(?:new\s+)?
    (?:back[\s-]?test|simulation)|(?:run\s+and\s+explain|explain\s+and\s+run)\s+(?:an?\s+|the\s+)?
    back[\s-]?test|(?:an?\s+)?back[\s-]?test|simulate)\b(?P<rest>.*)"""
)
_REVIEW: Final = _words(
    r"""\b(?:how|explain|why|results?|summar\w*|tell|describe|show|last|latest|previous|recent|
    did|what)\b"""
)
_AFTERTHOUGHT: Final = _words(
    r"""[\s,;]*\b(?:and\s+)?(?:then\s+)?
    (?:(?:please\s+)?(?:explain|describe|summari[sz]e|show|tell)\b.*|why\b.*|please)$"""
)
_STRATEGY: Final = _words(
    r"""^[\s,:]*(?:(?:of|for|on|with|using)\b\s*)?(?:(?:the|my)\b\s*)?(?:strategy\b\s*)?
    (?P<name>.*?)(?:\s+strategy)?[\s,:]*$"""
)
_REVIEWED: Final = _words(
    r"""\b(?:of|for)\s+(?:the\s+|my\s+)?(?:strategy\s+)?(?P<name>.+?)(?:\s+strategy)?
    (?:\s+(?:do|did|go|perform|work|turn\s+out|look)\b.*)?$"""
)
_PORTFOLIO: Final = _words(
    r"""\b(?:holds?|holdings?|held|own|positions?|portfolios?|accounts?|exposures?|exposed|risks?|risky|
    cash|equity|balances?|worth|p&l|pnl|profits?|loss(?:es)?|invested)\b"""
)
_PLACE: Final = _words(
    r"""\b(?:in|of|for|on)\s+(?:the\s+|my\s+)?(?:(?:portfolio|account)\s+)?
    (?P<name>\S.*?)(?:\s+(?:portfolio|account))?$"""
)
_NO_NAME: Final = frozenset(
    {
        "portfolio",
        "account",
        "total",
        "all",
        "risk",
        "cash",
        "it",
        "them",
        "me",
        "moment",
        "stock",
        "stocks",
    }
)


def parse(text: str) -> Request | None:
    """Return what a message asks for; None where it is not understood.

    Examples
    --------
    >>> parse("Please buy 10 SP500 at 2,650.50")
    OrderRequest(side=<Side.BUY: 'BUY'>, quantity=Decimal('10'), symbol='SP500', \
limit_price=Decimal('2650.50'), portfolio='')
    >>> parse("What do I hold?")
    PortfolioQuestion(name='')
    """
    said = _normalise(text)
    order = said[_matched(_POLITE, said) :]
    if verb := _ORDER_VERB.match(order):
        return _order(order, verb)
    if _BACKTEST.search(said):
        return _backtest(order)
    if _PORTFOLIO.search(said):
        return PortfolioQuestion(_quoted(said) or _id(said) or _place(said))
    return None


def _normalise(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    plain = plain.translate(str.maketrans("\u2018\u2019\u201c\u201d", "''\"\""))
    return " ".join(plain.split()).rstrip(" .?!")


def _last_end(pattern: re.Pattern[str], text: str) -> int:
    return max((match.end() for match in pattern.finditer(text)), default=0)


def _matched(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0


def _order(said: str, verb: re.Match[str]) -> Request:
    order = _ORDER.match(said, verb.end())
    if order is None:
        return Unclear(
            Intent.ORDER,
            "Say how many, and of what: for example 'buy 10 SP500' or "
            "'sell 5 NASDAQ at 6700.50 limit'.",
        )
    found: dict[str, str] = {}
    told: set[str] = set()
    rest = said[order.end() :].strip(" ,;")
    while rest:
        for part, clause in _CLAUSES:
            if part not in told and (match := clause.match(rest)):
                found |= match.groupdict()
                told |= {part} - {"manners"}
                rest = rest[match.end() :].strip(" ,;")
                break
        else:
            return Unclear(
                Intent.ORDER,
                f"I understood '{said[: order.end()]}', but not '{_shown(rest)}'. I preview market "
                "and limit orders that are good till cancelled; I leave nothing out of an order.",
            )
    return _order_request(verb["verb"].lower(), order, found)


def _order_request(verb: str, order: re.Match[str], found: dict[str, str]) -> Request:
    side = Side.SELL if verb in {"sell", "short"} else Side.BUY
    everything = order["quantity"].lower() == "all"
    if everything and verb != "sell":
        return Unclear(Intent.ORDER, "'All' can only be sold. Say how many to trade.")
    return OrderRequest(
        side=side,
        quantity=None if everything else _number(order["quantity"]),
        symbol=order["symbol"],
        limit_price=_number(found["limit"]) if "limit" in found else None,
        portfolio=found.get("portfolio", "").strip(),
    )


def _backtest(said: str) -> Request:
    name = _quoted(said)
    plain = _QUOTED.sub(" ", said)
    identifier = _id(plain)
    plain = _UUID.sub(" ", plain).strip(" ,?")
    plain = _AFTERTHOUGHT.sub("", plain) if _RUN.fullmatch(plain) else plain
    run = _RUN.fullmatch(plain)
    if run is None:
        return _review(plain, identifier, name)
    try:
        period, rest = _period(run["rest"])
    except ValueError as error:
        return Unclear(Intent.BACKTEST, f"I cannot read the dates: {error}.")
    if not (name or identifier):
        match = _STRATEGY.match(rest)
        name = " ".join(match["name"].split()) if match else ""
    return BacktestRun(identifier or name, period)


def _review(plain: str, identifier: str, name: str) -> Request:
    if not (identifier or _REVIEW.search(plain)):
        return Unclear(
            Intent.BACKTEST,
            "Do you want to run a backtest or to hear about one? Say for example "
            "'backtest strategy Trend from 2013 to 2017' or 'how did the last backtest do?'.",
        )
    short = re.split(r"\s*,?\s+and\s+why\b|,", plain, maxsplit=1, flags=re.IGNORECASE)[0]
    match = _REVIEWED.search(short, _last_end(_BACKTEST, short))
    return BacktestReview(identifier, name or (match["name"] if match else ""))


def _period(text: str) -> tuple[Period | None, str]:
    """Return the period that is spoken of, and the text without it; the last day counts."""
    for pattern, last in ((_FROM_TO, "end"), (_SINCE, None), (_WITHIN, "start")):
        if match := pattern.search(text):
            end = match[last] if last else None
            start_ns = _midnight_ns(_first_day(match["start"]))
            end_ns = _midnight_ns(_day_after(end)) if end else None
            if end_ns is not None and end_ns <= start_ns:
                raise ValueError(f"{end} is before {match['start']}")
            return Period(start_ns, end_ns), text[: match.start()] + " " + text[match.end() :]
    return None, text


def _first_day(written: str) -> date:
    year, month, day = [*map(int, written.split("-")), 1, 1][:3]
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"{written} is no date") from None


def _day_after(written: str) -> date:
    first = _first_day(written)
    match written.count("-"):
        case 0:
            return date(first.year + 1, 1, 1)
        case 1 if first.month == _DECEMBER:
            return date(first.year + 1, 1, 1)
        case 1:
            return date(first.year, first.month + 1, 1)
    return first + timedelta(days=1)


def _midnight_ns(day: date) -> int:
    # Nanoseconds of 64 bits end in 2262.
    if not 1700 <= day.year <= 2200:  # noqa: PLR2004  # Years that int64 ns hold.
        raise ValueError(f"{day.year} is out of range")
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * SECOND_NS


def _number(written: str) -> Decimal:
    return Decimal(written.replace(",", "").replace("'", ""))


def _quoted(text: str) -> str:
    match = _QUOTED.search(text)
    return (match[1] or match[2]).strip() if match else ""


def _id(text: str) -> str:
    match = _UUID.search(text.lower())
    return match[0] if match else ""


def _place(text: str) -> str:
    match = _PLACE.search(text)
    name = match["name"].strip() if match else ""
    return "" if name.lower() in _NO_NAME else name


def _shown(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}\u2026"  # noqa: PLR2004  # One line.
