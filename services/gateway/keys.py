"""What the application carries, and what each request gets on its way in."""

from typing import Final

from aiohttp import web

from services.gateway.document import MergedDocument
from services.gateway.limits import Limits
from services.gateway.live import Live
from services.gateway.settings import Settings
from services.gateway.site import SiteFile
from services.gateway.upstreams import Upstreams

SETTINGS: Final = web.AppKey("SETTINGS", Settings)
UPSTREAMS: Final = web.AppKey("UPSTREAMS", Upstreams)
LIMITS: Final = web.AppKey("LIMITS", Limits)
LIVE: Final = web.AppKey("LIVE", Live)
SITE: Final = web.AppKey("SITE", SiteFile)
DOCUMENT: Final = web.AppKey("DOCUMENT", MergedDocument)
