"""Writing a contract as a response."""

from aiohttp import web
from pydantic import BaseModel


def reply(body: BaseModel, *, status: int = 200, location: str | None = None) -> web.Response:
    headers = {"Location": location} if location else None
    return web.Response(
        status=status,
        text=body.model_dump_json(),
        content_type="application/json",
        headers=headers,
    )


def no_content() -> web.Response:
    return web.Response(status=204)
