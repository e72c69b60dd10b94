"""Rules and notifications in PostgreSQL: `notification_rules`, `notifications`."""

from collections.abc import Sequence
from typing import Final

import psycopg_pool
from psycopg.rows import TupleRow

from algotrendy.notification.model import Message, Notification, Rule, Template

# The update changes nothing; it makes the row that was there come back.
_ADD_RULE: Final = """
INSERT INTO notification_rules (rule_id, event_type, template, create_time_ns)
VALUES (%s, %s, %s, %s)
ON CONFLICT (rule_id) DO UPDATE SET rule_id = excluded.rule_id
RETURNING rule_id, event_type, template, create_time_ns
"""
_OF_TYPE: Final = """
SELECT rule_id, event_type, template, create_time_ns FROM notification_rules
WHERE event_type = %s ORDER BY sequence
"""
_PAGE_OF_RULES: Final = """
SELECT rule_id, event_type, template, create_time_ns FROM notification_rules
WHERE sequence > coalesce((SELECT sequence FROM notification_rules WHERE rule_id = %s), 0)
ORDER BY sequence LIMIT %s
"""
_ADD_NOTIFICATION: Final = """
INSERT INTO notifications
    (notification_id, rule_id, event_id, event_type, text, event_time_ns, destination)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (notification_id) DO NOTHING
"""
_PAGE: Final = """
SELECT sequence, notification_id, rule_id, event_id, event_type, text, event_time_ns, destination
FROM notifications WHERE sequence < coalesce(%s, 9223372036854775807)
ORDER BY sequence DESC LIMIT %s
"""


class PostgresRules:
    """See `ports.Rules`."""

    def __init__(self, pool: psycopg_pool.AsyncConnectionPool) -> None:
        self._pool = pool

    async def add(self, rule: Rule) -> Rule:
        """See `ports.Rules`."""
        values = [rule.rule_id, rule.event_type, rule.template.text, rule.create_time_ns]
        return (await self._read(_ADD_RULE, values))[0]

    async def of_type(self, event_type: str) -> Sequence[Rule]:
        """See `ports.Rules`."""
        return await self._read(_OF_TYPE, [event_type])

    async def page(self, after: str, limit: int) -> Sequence[Rule]:
        """See `ports.Rules`."""
        return await self._read(_PAGE_OF_RULES, [after, limit])

    async def _read(self, query: str, values: list[object]) -> list[Rule]:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query, values)
            return [_rule(row) for row in await cursor.fetchall()]


class PostgresDeliveries:
    """See `ports.Deliveries`."""

    def __init__(self, pool: psycopg_pool.AsyncConnectionPool) -> None:
        self._pool = pool

    async def add(self, message: Message, destination: str) -> None:
        """See `ports.Deliveries`."""
        async with self._pool.connection() as connection:
            await connection.execute(
                _ADD_NOTIFICATION,
                [
                    message.notification_id, message.rule_id, message.event_id, message.event_type,
                    message.text, message.event_time_ns, destination,
                ],
            )  # fmt: skip

    async def page(self, before: int | None, limit: int) -> Sequence[Notification]:
        """See `ports.Deliveries`."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_PAGE, [before, limit])
            rows = await cursor.fetchall()
        return [Notification(row[0], Message(*row[1:-1]), row[-1]) for row in rows]


def _rule(row: TupleRow) -> Rule:
    rule_id, event_type, template, create_time_ns = row
    return Rule(rule_id, event_type, Template(template), create_time_ns)
