"""The notification area's contract over its service."""

from algotrendy.api.notification.v1 import notification_service_pb2 as pb
from algotrendy.api.notification.v1.notification_service_pb2_grpc import (
    NotificationServiceServicer,
)
from algotrendy.notification import codec
from algotrendy.notification.model import TEMPLATE_LIMIT
from algotrendy.notification.service import NotificationService
from algotrendy.rpc.paging import decode_page_size, decode_sequence_token
from algotrendy.rpc.server import Context
from algotrendy.rpc.text import ID_LIMIT, decode_id, decode_text
from algotrendy.storage.requests import fingerprint


class NotificationServicer(NotificationServiceServicer):
    """Decodes, calls, encodes."""

    def __init__(self, service: NotificationService) -> None:
        self._service = service

    async def CreateRule(
        self, request: pb.CreateRuleRequest, context: Context
    ) -> pb.CreateRuleResponse:
        rule = await self._service.create_rule(
            decode_id(request, "request_id"),
            fingerprint(request),
            request.event_type,
            decode_text(request, "template", limit=TEMPLATE_LIMIT),
        )
        return pb.CreateRuleResponse(rule=codec.encode_rule(rule))

    async def ListRules(
        self, request: pb.ListRulesRequest, context: Context
    ) -> pb.ListRulesResponse:
        size = decode_page_size(request.page_size)
        rules = await self._service.rules(
            decode_text(request, "page_token", limit=ID_LIMIT, required=False), size
        )
        return pb.ListRulesResponse(
            rules=[codec.encode_rule(rule) for rule in rules],
            next_page_token=rules[-1].rule_id if len(rules) == size else "",
        )

    async def ListNotifications(
        self, request: pb.ListNotificationsRequest, context: Context
    ) -> pb.ListNotificationsResponse:
        size = decode_page_size(request.page_size)
        before = decode_sequence_token(request.page_token)
        page = await self._service.notifications(before, size)
        return pb.ListNotificationsResponse(
            notifications=[codec.encode_notification(found) for found in page],
            next_page_token=str(page[-1].sequence) if len(page) == size else "",
        )
