"""What the application carries: one service a feature. Handlers reach these and nothing behind them."""

from typing import Final

from aiohttp import web

from services.records.audit.service import AuditService
from services.records.calendar.service import CalendarService
from services.records.datasets.service import DatasetsService
from services.records.entries.changes.service import ChangesService
from services.records.entries.service import EntriesService
from services.records.messages.service import MessagesService
from services.records.publicity.service import PublicityService
from services.records.statistics.service import StatisticsService
from services.records.subjects.service import SubjectsService
from services.records.uploads.ledger.service import LedgerService
from services.records.uploads.mending.service import MendingService
from services.records.uploads.service import UploadsService
from services.records.uploads.undoing.service import UndoingService

DATASETS: Final = web.AppKey("DATASETS", DatasetsService)
UPLOADS: Final = web.AppKey("UPLOADS", UploadsService)
LEDGER: Final = web.AppKey("LEDGER", LedgerService)
MENDING: Final = web.AppKey("MENDING", MendingService)
UNDOING: Final = web.AppKey("UNDOING", UndoingService)
AUDIT: Final = web.AppKey("AUDIT", AuditService)
CALENDAR: Final = web.AppKey("CALENDAR", CalendarService)
CHANGES: Final = web.AppKey("CHANGES", ChangesService)
ENTRIES: Final = web.AppKey("ENTRIES", EntriesService)
MESSAGES: Final = web.AppKey("MESSAGES", MessagesService)
PUBLICITY: Final = web.AppKey("PUBLICITY", PublicityService)
STATISTICS: Final = web.AppKey("STATISTICS", StatisticsService)
SUBJECTS: Final = web.AppKey("SUBJECTS", SubjectsService)
