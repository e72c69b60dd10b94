"""Fakes of what the notification area needs."""

from collections.abc import Sequence

from algotrendy.errors import StorageFullError
from algotrendy.notification.model import Message, Notification, Rule


class FakeRules:
    """Rules in memory, in the order in which they came."""

    def __init__(self) -> None:
        self._rules: dict[str, Rule] = {}

    async def add(self, rule: Rule) -> Rule:
        """See `Rules`."""
        return self._rules.setdefault(rule.rule_id, rule)

    async def of_type(self, event_type: str) -> Sequence[Rule]:
        """See `Rules`."""
        return [rule for rule in self._rules.values() if rule.event_type == event_type]

    async def page(self, after: str, limit: int) -> Sequence[Rule]:
        """See `Rules`."""
        ids = list(self._rules)
        first = ids.index(after) + 1 if after in self._rules else 0
        return list(self._rules.values())[first : first + limit]


class FakeOutbox:
    """Shows each message once by its id; the next `failures` deliveries fail."""

    def __init__(self, failures: int = 0) -> None:
        self.visible: dict[str, Message] = {}
        self.attempts = 0
        self.failures = failures

    async def deliver(self, message: Message) -> str:
        """See `Outbox`."""
        self.attempts += 1
        if self.failures > 0:
            self.failures -= 1
            raise StorageFullError("The disk that holds the outbox is full.")
        self.visible[message.notification_id] = message
        return f"memory:{message.notification_id}"


class FakeDeliveries:
    """Notifications in memory."""

    def __init__(self) -> None:
        self._found: dict[str, Notification] = {}

    async def add(self, message: Message, destination: str) -> None:
        """See `Deliveries`."""
        sequence = len(self._found) + 1
        self._found.setdefault(
            message.notification_id, Notification(sequence, message, destination)
        )

    async def page(self, before: int | None, limit: int) -> Sequence[Notification]:
        """See `Deliveries`."""
        newest = reversed(self._found.values())
        return [row for row in newest if before is None or row.sequence < before][:limit]
