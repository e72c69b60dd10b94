"""Keeps rules, and delivers what they make of events."""

from collections.abc import Sequence

from algotrendy.domain.clock import Clock
from algotrendy.domain.ids import new_id
from algotrendy.domain.requests import Requests
from algotrendy.notification.model import (
    Notification,
    Occurrence,
    Rule,
    Template,
    compose,
    default_rules,
)
from algotrendy.notification.ports import Catalogue, Deliveries, Outbox, Rules


class NotificationService:
    """Rules and messages. A message is delivered at least once, and visible once by its id."""

    def __init__(
        self,
        catalogue: Catalogue,
        rules: Rules,
        requests: Requests,
        outbox: Outbox,
        deliveries: Deliveries,
        clock: Clock,
    ) -> None:
        self._catalogue = catalogue
        self._rules = rules
        self._requests = requests
        self._outbox = outbox
        self._deliveries = deliveries
        self._clock = clock

    async def start(self) -> None:
        """Add the default rules that are not there yet."""
        for rule in default_rules(self._clock.now_ns()):
            self._catalogue.check(rule.event_type, rule.template.paths)
            await self._rules.add(rule)

    async def create_rule(
        self, request_id: str, fingerprint: bytes, event_type: str, template: str
    ) -> Rule:
        """Add a rule; a repeated request returns the first one.

        Raises
        ------
        InvalidArgumentError
            The event type, the template or a field it names is unknown or malformed.
        RequestIdReusedError
            The request id was used with another body.
        """
        parsed = Template(template)
        self._catalogue.check(event_type, parsed.paths)
        rule_id = await self._requests.reserve(request_id, fingerprint, new_id())
        return await self._rules.add(Rule(rule_id, event_type, parsed, self._clock.now_ns()))

    async def rules(self, after: str, limit: int) -> Sequence[Rule]:
        """Return at most `limit` rules after the one of this id, oldest first."""
        return await self._rules.page(after, limit)

    async def notifications(self, before: int | None, limit: int) -> Sequence[Notification]:
        """Return at most `limit` notifications numbered below `before`, newest first."""
        return await self._deliveries.page(before, limit)

    async def notify(self, occurrence: Occurrence) -> None:
        """Deliver what every rule makes of an event; raise where that fails, to be called again."""
        for rule in await self._rules.of_type(occurrence.event_type):
            message = compose(rule, occurrence)
            destination = await self._outbox.deliver(message)
            await self._deliveries.add(message, destination)
