"""What the gateway answers itself: the session, live events, the description of the interface."""

import asyncio
from contextlib import suppress

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response
from pydantic import Field

from services.gateway.cookies import (
    clear_session,
    csrf_token,
    kept_device,
    require_same_origin,
    set_device,
    set_session,
)
from services.gateway.entrance import ADDRESS, CALLER, CREDENTIAL, REQUEST_ID, identify, is_secure
from services.gateway.errors import BodyTooSlow, PasswordChangeRequired, TooManyRequests
from services.gateway.keys import DOCUMENT, LIMITS, LIVE, SETTINGS, SITE, UPSTREAMS
from services.gateway.live import Listener
from services.gateway.site import Contacts
from shared.addresses import counted_as
from shared.contracts.accounts import SignIn, User
from shared.contracts.base import Body, Shape
from shared.errors import Invalid, Unauthenticated, Unavailable
from shared.http.requests import read_body
from shared.http.responses import no_content, reply


class SignInBody(Body):
    username: str = Field(max_length=256)
    password: str = Field(max_length=1024, json_schema_extra={"format": "password"})


class Session(Shape):
    user: User
    csrf_token: str = Field(description="Send it as X-CSRF-Token with every unsafe request of this session.")
    idle_seconds: int | None = Field(None, description="The session ends when it is left alone this long.")


async def sign_in(request: web.Request) -> web.Response:
    require_same_origin(request)
    if request.content_type != "application/json":  # all that a form of another site can send
        raise Invalid("登录请求应为 JSON（Content-Type: application/json）。")
    try:
        async with asyncio.timeout(request.app[SETTINGS].stall_seconds):
            wanted = await read_body(request, SignInBody)
    except TimeoutError:
        raise BodyTooSlow("登录请求发送得太慢，请检查网络后再试。") from None
    await request.app[LIMITS].hit("sign_in", counted_as(request[ADDRESS]))
    signed_in = await request.app[UPSTREAMS].sign_in(
        SignIn(
            username=wanted.username,
            password=wanted.password,
            address=request[ADDRESS],
            device=kept_device(request),
        ),
        request[REQUEST_ID],
    )
    csrf, idle = csrf_token(signed_in.session), signed_in.idle_seconds
    response = reply(Session(user=signed_in.user, csrf_token=csrf, idle_seconds=idle))
    set_session(response, signed_in.session, seconds=signed_in.session_expires_in, secure=is_secure(request))
    if signed_in.device:
        set_device(response, signed_in.device, secure=is_secure(request))
    return response


async def get_session(request: web.Request) -> web.Response:
    user = await request.app[UPSTREAMS].current_user(request[CALLER].signed, request[REQUEST_ID])
    session = request[CREDENTIAL].session
    return reply(
        Session(
            user=user,
            csrf_token=csrf_token(session) if session else "",
            idle_seconds=request[CALLER].session_expires_in,
        )
    )


async def sign_out(request: web.Request) -> web.Response:
    await request.app[UPSTREAMS].sign_out(request[CALLER].signed, request[REQUEST_ID])
    response = no_content()
    clear_session(response, secure=is_secure(request))
    return response


async def stream_events(request: web.Request) -> web.StreamResponse:
    identity = request[CALLER].identity
    if identity.must_change_password:
        raise PasswordChangeRequired("这是管理员设置的初始密码，请先修改密码再继续。")
    # The checks of a stream that is open keep no session alive: the person may have gone.
    request[CREDENTIAL] = request[CREDENTIAL].model_copy(update={"used": False})
    heartbeat = request.app[SETTINGS].heartbeat_seconds
    with request.app[LIVE].listening(identity) as listener:
        async with sse_response(request, ping_interval=heartbeat) as stream:
            await _stream(request, stream, listener, heartbeat)
    return stream


async def _stream(request: web.Request, stream: EventSourceResponse, listener: Listener, heartbeat: float) -> None:
    """Until the browser goes, the gateway stops, or a check at each heartbeat finds that the session has ended."""
    loop = asyncio.get_running_loop()
    check_at = loop.time() + heartbeat
    with suppress(ConnectionResetError, Unauthenticated):
        while stream.is_connected():
            with suppress(TimeoutError):
                async with asyncio.timeout_at(check_at):
                    event = await listener.next()
                if event is None:
                    return
                await stream.send(event.data, id=event.id, event=event.name)
            if loop.time() >= check_at:
                await _check(request, listener)
                check_at = loop.time() + heartbeat


async def _check(request: web.Request, listener: Listener) -> None:
    """Raises Unauthenticated when the session has ended; what the user may hear may have changed, too."""
    with suppress(Unavailable, TooManyRequests):  # an outage ends nothing: asked again at the next heartbeat
        listener.identity = (await identify(request)).identity


async def get_site(request: web.Request) -> web.Response:
    return reply(request.app[SITE].public)


async def list_contacts(request: web.Request) -> web.Response:
    return reply(Contacts(items=request.app[SITE].contacts))


async def get_document(request: web.Request) -> web.Response:
    return web.Response(text=await request.app[DOCUMENT].get(), content_type="application/json")
