"""What the application carries: one service a feature. Handlers reach these and nothing behind them."""

from typing import Final

from aiohttp import web

from services.records.datasets.service import DatasetsService
from services.records.uploads.ledger.service import LedgerService
from services.records.uploads.mending.service import MendingService
from services.records.uploads.service import UploadsService
from services.records.uploads.undoing.service import UndoingService

DATASETS: Final = web.AppKey("DATASETS", DatasetsService)
UPLOADS: Final = web.AppKey("UPLOADS", UploadsService)
LEDGER: Final = web.AppKey("LEDGER", LedgerService)
MENDING: Final = web.AppKey("MENDING", MendingService)
UNDOING: Final = web.AppKey("UNDOING", UndoingService)
