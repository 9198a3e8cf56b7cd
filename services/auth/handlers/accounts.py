"""The public operations: own password and tokens, users, departments."""

from uuid import UUID

from aiohttp import web

from services.auth.errors import TokenNotFound, UserNotFound
from services.auth.keys import SERVICE
from shared.contracts.accounts import (
    DepartmentChange,
    DepartmentDraft,
    DepartmentQuery,
    PasswordChange,
    PasswordReset,
    TokenDraft,
    UserChange,
    UserDraft,
    UserQuery,
)
from shared.contracts.base import PageQuery
from shared.http.requests import read_body, read_query
from shared.http.responses import no_content, reply
from shared.http.service_app import caller


async def change_password(request: web.Request) -> web.Response:
    change = await read_body(request, PasswordChange)
    await request.app[SERVICE].own_password.change(caller(request), change)
    return no_content()


async def list_tokens(request: web.Request) -> web.Response:
    return reply(await request.app[SERVICE].tokens.page(caller(request), read_query(request, PageQuery)))


async def create_token(request: web.Request) -> web.Response:
    draft = await read_body(request, TokenDraft)
    token = await request.app[SERVICE].tokens.create(caller(request), draft)
    return reply(token, status=201, location=f"/api/v1/tokens/{token.id}")


async def revoke_token(request: web.Request) -> web.Response:
    token_id = _id(request, "token_id")
    if token_id is None:
        raise TokenNotFound("没有这个令牌，请检查编号。")
    await request.app[SERVICE].tokens.revoke(caller(request), token_id)
    return no_content()


async def list_users(request: web.Request) -> web.Response:
    return reply(await request.app[SERVICE].users.page(caller(request), read_query(request, UserQuery)))


async def create_user(request: web.Request) -> web.Response:
    user = await request.app[SERVICE].users.create(caller(request), await read_body(request, UserDraft))
    return reply(user, status=201, location=f"/api/v1/users/{user.id}")


async def get_user(request: web.Request) -> web.Response:
    return reply(await request.app[SERVICE].users.get(caller(request), _user_id(request)))


async def change_user(request: web.Request) -> web.Response:
    change = await read_body(request, UserChange)
    return reply(await request.app[SERVICE].users.change(caller(request), _user_id(request), change))


async def reset_password(request: web.Request) -> web.Response:
    reset = await read_body(request, PasswordReset)
    await request.app[SERVICE].users.reset_password(caller(request), _user_id(request), reset.password)
    return no_content()


async def list_departments(request: web.Request) -> web.Response:
    return reply(await request.app[SERVICE].departments.page(read_query(request, DepartmentQuery)))


async def create_department(request: web.Request) -> web.Response:
    draft = await read_body(request, DepartmentDraft)
    department = await request.app[SERVICE].departments.create(caller(request), draft)
    return reply(department, status=201, location=f"/api/v1/departments/{department.code}")


async def get_department(request: web.Request) -> web.Response:
    return reply(await request.app[SERVICE].departments.get(caller(request), request.match_info["code"]))


async def change_department(request: web.Request) -> web.Response:
    change = await read_body(request, DepartmentChange)
    code = request.match_info["code"]
    return reply(await request.app[SERVICE].departments.change(caller(request), code, change))


def _user_id(request: web.Request) -> UUID:
    user_id = _id(request, "user_id")
    if user_id is None:
        raise UserNotFound("没有这个用户，请检查编号。")
    return user_id


def _id(request: web.Request, name: str) -> UUID | None:
    """None for what cannot be one of our ids: it is not there, like any unknown one."""
    try:
        return UUID(request.match_info[name])
    except ValueError:
        return None
