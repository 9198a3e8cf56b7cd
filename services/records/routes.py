"""The whole HTTP surface of records: what each feature offers."""

from services.records.datasets import routes as datasets
from services.records.uploads import routes as uploads
from shared.http.operations import Operation

OPERATIONS: list[Operation] = [
    *datasets.OPERATIONS,
    *uploads.OPERATIONS,
]
