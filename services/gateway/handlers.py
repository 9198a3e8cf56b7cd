"""What the gateway answers itself: the session, live events, the description of the interface."""

import asyncio
import json
from contextlib import suppress

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response
from pydantic import Field

from services.gateway.cookies import clear_session, csrf_token, require_same_origin, set_session
from services.gateway.entrance import ADDRESS, CREDENTIAL, IDENTITY_TOKEN, REQUEST_ID, is_secure, signed_identity
from services.gateway.keys import DOCUMENT, LIMITS, LIVE, SETTINGS, UPSTREAMS, VERIFIER
from services.gateway.live import Listener
from shared.contracts.accounts import SignIn, User
from shared.contracts.base import Body, Shape
from shared.errors import Unauthenticated
from shared.http.requests import read_body
from shared.http.responses import no_content, reply


class SignInBody(Body):
    username: str = Field(max_length=256)
    password: str = Field(max_length=1024, json_schema_extra={"format": "password"})


class Session(Shape):
    user: User
    csrf_token: str = Field(description="Send it as X-CSRF-Token with every unsafe request of this session.")


async def sign_in(request: web.Request) -> web.Response:
    require_same_origin(request)
    wanted = await read_body(request, SignInBody)
    await request.app[LIMITS].hit("sign_in", request[ADDRESS])
    signed_in = await request.app[UPSTREAMS].sign_in(
        SignIn(username=wanted.username, password=wanted.password, address=request[ADDRESS]), request[REQUEST_ID]
    )
    response = reply(Session(user=signed_in.user, csrf_token=csrf_token(signed_in.session)))
    set_session(response, signed_in.session, seconds=signed_in.session_expires_in, secure=is_secure(request))
    return response


async def get_session(request: web.Request) -> web.Response:
    user = await request.app[UPSTREAMS].current_user(request[IDENTITY_TOKEN], request[REQUEST_ID])
    session = request[CREDENTIAL].session
    return reply(Session(user=user, csrf_token=csrf_token(session) if session else ""))


async def sign_out(request: web.Request) -> web.Response:
    await request.app[UPSTREAMS].sign_out(request[IDENTITY_TOKEN], request[REQUEST_ID])
    response = no_content()
    clear_session(response, secure=is_secure(request))
    return response


async def stream_events(request: web.Request) -> web.StreamResponse:
    identity = await request.app[VERIFIER].verify(request[IDENTITY_TOKEN])
    heartbeat = request.app[SETTINGS].heartbeat_seconds
    with request.app[LIVE].listening(identity) as listener:
        async with sse_response(request) as stream:
            await _stream(request, stream, listener, heartbeat)
    return stream


async def _stream(request: web.Request, stream: EventSourceResponse, listener: Listener, heartbeat: float) -> None:
    """Until the browser goes, or a check at each heartbeat finds that the session has ended."""
    loop = asyncio.get_running_loop()
    check_at = loop.time() + heartbeat
    with suppress(ConnectionResetError, Unauthenticated):
        while stream.is_connected():
            with suppress(TimeoutError):
                event = await asyncio.wait_for(listener.next(), max(0.0, check_at - loop.time()))
                await stream.send(event.data, id=event.id, event=event.name)
            if loop.time() >= check_at:
                await signed_identity(request)
                check_at = loop.time() + heartbeat


async def get_document(request: web.Request) -> web.Response:
    document = await request.app[DOCUMENT].get()
    return web.Response(text=json.dumps(document, ensure_ascii=False), content_type="application/json")
