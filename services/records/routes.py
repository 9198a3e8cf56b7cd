"""The whole HTTP surface of records: what each feature offers."""

from services.records.audit import routes as audit
from services.records.calendar import routes as calendar
from services.records.datasets import routes as datasets
from services.records.entries import routes as entries
from services.records.messages import routes as messages
from services.records.publicity import routes as publicity
from services.records.statistics import routes as statistics
from services.records.subjects import routes as subjects
from services.records.uploads import routes as uploads
from shared.http.operations import Operation

OPERATIONS: list[Operation] = [
    *datasets.OPERATIONS,
    *uploads.OPERATIONS,
    *entries.OPERATIONS,
    *subjects.OPERATIONS,
    *publicity.OPERATIONS,
    *statistics.OPERATIONS,
    *messages.OPERATIONS,
    *calendar.OPERATIONS,
    *audit.OPERATIONS,
]
