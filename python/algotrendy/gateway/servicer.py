"""The gateway's contract over its service."""

from algotrendy.api.gateway.v1 import auth_service_pb2 as pb
from algotrendy.api.gateway.v1.auth_service_pb2_grpc import AuthServiceServicer
from algotrendy.gateway import codec
from algotrendy.gateway.service import AuthService
from algotrendy.rpc.paging import decode_page_size
from algotrendy.rpc.server import Context


class AuthServicer(AuthServiceServicer):
    """Decodes, calls, encodes."""

    def __init__(self, auth: AuthService) -> None:
        self._auth = auth

    async def Login(self, request: pb.LoginRequest, context: Context) -> pb.LoginResponse:
        return codec.encode_login(await self._auth.login(request.username, request.password))

    async def CreateUser(
        self, request: pb.CreateUserRequest, context: Context
    ) -> pb.CreateUserResponse:
        role = codec.decode_role(request.role)
        user = await self._auth.create_user(request.username, request.password, role)
        return pb.CreateUserResponse(user=codec.encode_user(user))

    async def ListUsers(
        self, request: pb.ListUsersRequest, context: Context
    ) -> pb.ListUsersResponse:
        page = await self._auth.list_users(decode_page_size(request.page_size), request.page_token)
        users = [codec.encode_user(user) for user in page.users]
        return pb.ListUsersResponse(users=users, next_page_token=page.next_page_token)
