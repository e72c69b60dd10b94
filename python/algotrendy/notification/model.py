"""Rules, their templates and the messages they make."""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from algotrendy.errors import InvalidArgumentError

TEMPLATE_LIMIT: Final = 1000

_NAMESPACE: Final = uuid.UUID("6f6f4a2e-6d0e-5a62-9a0c-0d7c1f5a3b11")
# Doubled braces stand for themselves, as in Python's own templates.
_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_PATH: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", re.ASCII)


@dataclass(frozen=True)
class Template:
    """A message in which `{field.path}` stands for a value of an event.

    Raises
    ------
    InvalidArgumentError
        It is empty or too long, or a brace or a path is malformed.

    Examples
    --------
    >>> Template("{side} {fill.symbol}").paths
    ('side', 'fill.symbol')
    """

    text: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.text) <= TEMPLATE_LIMIT:
            raise InvalidArgumentError(
                f"template has {len(self.text)} characters; expected 1 to {TEMPLATE_LIMIT}.",
                field="template",
                length=str(len(self.text)),
            )
        for token in _TOKEN.finditer(self.text):
            _check(token)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The field paths it names, in order."""
        return tuple(token[1] for token in _TOKEN.finditer(self.text) if token[1] is not None)

    def render(self, value: Callable[[str], str]) -> str:
        """Return the message, each path replaced by what `value` tells of it."""

        def replacement(token: re.Match[str]) -> str:
            return token[0][0] if token[1] is None else value(token[1])

        return _TOKEN.sub(replacement, self.text)


@dataclass(frozen=True)
class Rule:
    """When which message is sent."""

    rule_id: str
    event_type: str
    template: Template
    create_time_ns: int


@dataclass(frozen=True)
class Occurrence:
    """An event as the rules see it: its id, type, time, and its values by field path."""

    event_id: str
    event_type: str
    time_ns: int
    value: Callable[[str], str]


@dataclass(frozen=True)
class Message:
    """What a rule made of an event. The id is made of both, so that a second one is the same."""

    notification_id: str
    rule_id: str
    event_id: str
    event_type: str
    text: str
    event_time_ns: int


@dataclass(frozen=True)
class Notification:
    """A message that was delivered; `sequence` is its place in the order of delivery."""

    sequence: int
    message: Message
    destination: str


def compose(rule: Rule, occurrence: Occurrence) -> Message:
    """Return the message that `rule` makes of an event."""
    return Message(
        notification_id=str(uuid.uuid5(_NAMESPACE, f"{occurrence.event_id}\n{rule.rule_id}")),
        rule_id=rule.rule_id,
        event_id=occurrence.event_id,
        event_type=occurrence.event_type,
        text=rule.template.render(occurrence.value),
        event_time_ns=occurrence.time_ns,
    )


def default_rules(create_time_ns: int) -> list[Rule]:
    """Return the rules of a new installation; their ids are made of the event types."""
    return [
        Rule(str(uuid.uuid5(_NAMESPACE, event_type)), event_type, Template(text), create_time_ns)
        for event_type, text in _DEFAULTS.items()
    ]


_DEFAULTS: Final[Mapping[str, str]] = {
    "StrategyActivated": "Strategy {deployment.strategy_id} now trades account "
    "{deployment.account_id} (deployment {deployment.deployment_id}).",
    "StrategyDeactivated": "Strategy {deployment.strategy_id} no longer trades account "
    "{deployment.account_id}: {deployment.state} after {deployment.order_count} orders, "
    "error {deployment.error}.",
    "PositionOpened": "Opened {position.quantity} {position.symbol} at {position.average_price} "
    "in account {position.account_id}.",
    "PositionClosed": "Closed {position.symbol} in account {position.account_id}: "
    "profit {realized_pnl} before fees.",
    "RiskThresholdBreached": "Order refused in account {alert.account_id}: {alert.rule} of "
    "{alert.symbol} is limited to {alert.limit}, observed {alert.observed}.",
    "PositionLimitExceeded": "Position limit exceeded in account {alert.account_id}: {alert.rule} "
    "of {alert.symbol} is limited to {alert.limit}, observed {alert.observed}.",
    "BacktestCompleted": "Backtest {backtest.backtest_id} {backtest.state}: total return "
    "{backtest.statistics.total_return}, Sharpe ratio {backtest.statistics.sharpe_ratio}, "
    "largest drawdown {backtest.statistics.max_drawdown} (fractions), error {backtest.error}.",
}


def _check(token: re.Match[str]) -> None:
    if token[0] in ("{", "}"):
        raise InvalidArgumentError(
            f"template has a single {token[0]!r} at character {token.start()}; "
            "write it twice to mean itself.",
            field="template",
            position=str(token.start()),
        )
    if token[1] is not None and not _PATH.fullmatch(token[1]):
        raise InvalidArgumentError(
            f"template names {token[0]!r}; expected a field path such as {{fill.symbol}}.",
            field="template",
            path=token[1],
        )
