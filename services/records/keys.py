"""What the application carries: one service a feature. Handlers reach these and nothing behind them."""

from typing import Final

from aiohttp import web

from services.records.datasets.service import DatasetsService
from services.records.uploads.service import UploadsService

DATASETS: Final = web.AppKey("DATASETS", DatasetsService)
UPLOADS: Final = web.AppKey("UPLOADS", UploadsService)
