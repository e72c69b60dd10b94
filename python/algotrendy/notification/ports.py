"""What the notification area needs of the world."""

from collections.abc import Sequence
from typing import Protocol

from algotrendy.notification.model import Message, Notification, Rule


class Catalogue(Protocol):
    """Which events there are and what they hold."""

    def check(self, event_type: str, paths: Sequence[str]) -> None:
        """Raise `InvalidArgumentError`, naming it, where an event type or a field is unknown."""


class Rules(Protocol):
    """The rules that were kept."""

    async def add(self, rule: Rule) -> Rule:
        """Keep a rule, and return it; where there is one of its id, return that one."""

    async def of_type(self, event_type: str) -> Sequence[Rule]:
        """Return the rules for events of a type, oldest first."""

    async def page(self, after: str, limit: int) -> Sequence[Rule]:
        """Return at most `limit` rules after the one of this id, oldest first."""


class Outbox(Protocol):
    """Takes messages to people: a folder, and later e-mail, chat and others."""

    async def deliver(self, message: Message) -> str:
        """Deliver a message and return where to. A second delivery of its id is not visible.

        Raises
        ------
        AlgoTrendyError
            It was not delivered; it will be tried again.
        """


class Deliveries(Protocol):
    """The messages that were delivered."""

    async def add(self, message: Message, destination: str) -> None:
        """Keep that a message was delivered; keeping it twice is keeping it once."""

    async def page(self, before: int | None, limit: int) -> Sequence[Notification]:
        """Return at most `limit` notifications numbered below `before`, newest first."""
