"""The one thing the application carries for its handlers."""

from typing import Final

from aiohttp import web

from services.ingest.service.door import IngestService

SERVICE: Final = web.AppKey("SERVICE", IngestService)
