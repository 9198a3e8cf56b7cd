"""Opens what the records processes stand on, and closes it in reverse."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.records.calendar.service import CalendarService
from services.records.datasets.service import DatasetsService
from services.records.entries.changes.service import ChangesService
from services.records.entries.service import EntriesService
from services.records.messages.service import MessagesService
from services.records.publicity.service import PublicityService
from services.records.settings import Settings
from services.records.statistics.service import StatisticsService
from services.records.subjects.service import SubjectsService
from services.records.uploads.ledger.service import LedgerService
from services.records.uploads.mending.service import MendingService
from services.records.uploads.service import UploadsService
from services.records.uploads.undoing.service import UndoingService
from shared.contracts.base import Announce
from shared.db.database import Database
from shared.messaging.announcer import open_announcer


@dataclass(frozen=True)
class Services:
    db: Database
    datasets: DatasetsService
    uploads: UploadsService
    ledger: LedgerService
    mending: MendingService
    undoing: UndoingService
    entries: EntriesService
    changes: ChangesService
    subjects: SubjectsService
    publicity: PublicityService
    statistics: StatisticsService
    messages: MessagesService
    calendar: CalendarService


def build_services(db: Database, announce: Announce) -> Services:
    return Services(
        db=db,
        datasets=DatasetsService(db),
        uploads=UploadsService(db, announce),
        ledger=LedgerService(db),
        mending=MendingService(db, announce),
        undoing=UndoingService(db, announce),
        entries=EntriesService(db),
        changes=ChangesService(db),
        subjects=SubjectsService(db),
        publicity=PublicityService(db),
        statistics=StatisticsService(db),
        messages=MessagesService(db),
        calendar=CalendarService(db),
    )


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncGenerator[Services]:
    async with (
        Database.open(settings.database, max_size=10) as db,
        open_announcer(settings.amqp) as announce,
    ):
        yield build_services(db, announce)
