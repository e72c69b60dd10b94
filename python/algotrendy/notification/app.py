"""Wires the notification area."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from algotrendy.api.notification.v1 import notification_service_pb2
from algotrendy.api.notification.v1.notification_service_pb2_grpc import (
    add_NotificationServiceServicer_to_server,
)
from algotrendy.notification.adapters.events import EventCatalogue
from algotrendy.notification.adapters.file_outbox import FileOutbox
from algotrendy.notification.adapters.nats import follow
from algotrendy.notification.adapters.postgres import PostgresDeliveries, PostgresRules
from algotrendy.notification.service import NotificationService
from algotrendy.notification.servicer import NotificationServicer
from algotrendy.platform.context import Context
from algotrendy.storage.requests import PostgresRequests

SERVICES = (notification_service_pb2.DESCRIPTOR.services_by_name["NotificationService"].full_name,)


@asynccontextmanager
async def serve(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Add the area to `server` and follow the other areas' events while the block lasts."""
    service = NotificationService(
        EventCatalogue(),
        PostgresRules(context.postgres),
        PostgresRequests(context.postgres, "notification"),
        FileOutbox(context.data_folder),
        PostgresDeliveries(context.postgres),
        context.clock,
    )
    await service.start()
    add_NotificationServiceServicer_to_server(NotificationServicer(service), server)
    async with follow(context.bus, service):
        yield
