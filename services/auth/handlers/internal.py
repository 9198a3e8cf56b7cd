"""Between our processes: what the gateway and the other services ask."""

from aiohttp import web

from services.auth.keys import SERVICE
from services.auth.service import AuthService
from shared.contracts.accounts import AuditQuery, Credential, Services, SignIn
from shared.http.requests import read_body, read_query
from shared.http.responses import no_content, reply
from shared.http.service_app import caller

GATEWAY_KEY = "X-Gateway-Key"


async def identify(request: web.Request) -> web.Response:
    service = _for_the_gateway(request)
    services = read_query(request, Services).named
    return reply(await service.identities.identify(await read_body(request, Credential), services))


async def sign_in(request: web.Request) -> web.Response:
    service = _for_the_gateway(request)
    return reply(await service.sessions.sign_in(await read_body(request, SignIn)))


async def whoami(request: web.Request) -> web.Response:
    return reply(await request.app[SERVICE].sessions.whoami(caller(request)))


async def sign_out(request: web.Request) -> web.Response:
    await request.app[SERVICE].sessions.sign_out(caller(request))
    return no_content()


async def public_keys(request: web.Request) -> web.Response:
    return web.json_response(await request.app[SERVICE].keys.public())


async def list_audit(request: web.Request) -> web.Response:
    return reply(await request.app[SERVICE].audit.entries(read_query(request, AuditQuery)))


def _for_the_gateway(request: web.Request) -> AuthService:
    service = request.app[SERVICE]
    service.gatekeeper.admit(request.headers.get(GATEWAY_KEY, ""))
    return service
