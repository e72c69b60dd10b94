"""The notification area's words on the wire and in its model."""

from algotrendy.api.notification.v1 import notification_service_pb2 as pb
from algotrendy.notification.model import Notification, Rule
from algotrendy.rpc.time import encode_time


def encode_rule(rule: Rule) -> pb.Rule:
    """Return a rule for the wire."""
    return pb.Rule(
        rule_id=rule.rule_id,
        event_type=rule.event_type,
        template=rule.template.text,
        create_time=encode_time(rule.create_time_ns),
    )


def encode_notification(notification: Notification) -> pb.Notification:
    """Return a notification for the wire."""
    message = notification.message
    return pb.Notification(
        notification_id=message.notification_id,
        rule_id=message.rule_id,
        event_id=message.event_id,
        event_type=message.event_type,
        text=message.text,
        destination=notification.destination,
        event_time=encode_time(message.event_time_ns),
    )
