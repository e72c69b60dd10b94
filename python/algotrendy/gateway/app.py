"""Wires the gateway: users in PostgreSQL, REST over the contract, one HTTP server."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import metadata

import grpc
import structlog

from algotrendy.api.gateway.v1 import auth_service_pb2
from algotrendy.api.gateway.v1.auth_service_pb2_grpc import add_AuthServiceServicer_to_server
from algotrendy.config import AREAS
from algotrendy.gateway.adapters.argon2 import Argon2PasswordHasher
from algotrendy.gateway.adapters.data_folder import DataFolderSecretStore
from algotrendy.gateway.adapters.jwt import JwtIssuer, load_secret
from algotrendy.gateway.adapters.postgres import PostgresUserRepository
from algotrendy.gateway.rest.contract import load_contract
from algotrendy.gateway.rest.transcoder import Transcoder
from algotrendy.gateway.rest.web import build_web
from algotrendy.gateway.service import AuthService
from algotrendy.gateway.servicer import AuthServicer
from algotrendy.platform.context import Context
from algotrendy.platform.http_server import http_server
from algotrendy.platform.ops import ops_app

SERVICES = (auth_service_pb2.DESCRIPTOR.services_by_name["AuthService"].full_name,)

log = structlog.get_logger(__name__)


@asynccontextmanager
async def serve(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Wire the gateway, add its servicer to `server`, answer HTTP; undo it on exit."""
    store = DataFolderSecretStore(context.data_folder)
    hasher = Argon2PasswordHasher()
    auth = AuthService(
        users=PostgresUserRepository(context.postgres),
        hasher=hasher,
        tokens=JwtIssuer(load_secret(store)),
        clock=context.clock,
        decoy_hash=await hasher.hash(secrets.token_urlsafe()),
    )
    password_file = await auth.ensure_admin(store)
    if password_file is not None:
        log.info("admin_created", password_file=str(password_file))
    add_AuthServiceServicer_to_server(AuthServicer(auth), server)
    contract = load_contract()
    web = build_web(
        contract,
        Transcoder(contract, context.channels, auth),
        ops_app(context.channels, AREAS),
        _version(),
    )
    async with http_server(web, context.http) as address:
        log.info("http_ready", address=address)
        yield


def _version() -> str:
    try:
        return metadata.version("algotrendy")
    except metadata.PackageNotFoundError:
        return "0"
