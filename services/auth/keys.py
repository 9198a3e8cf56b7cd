"""The one thing an application carries for its handlers."""

from typing import Final

from aiohttp import web

from services.auth.service import AuthService

SERVICE: Final = web.AppKey("SERVICE", AuthService)
