"""The book a department keeps: what it sent, what it was promised by a 202, and what must be in the database for it."""

from collections import Counter
from dataclasses import dataclass, field

from tests.faults.storm.files import Cells, File

Counts = dict[str, int]
COUNTED = ("total", "inserted", "updated", "unchanged", "rejected", "ignored", "corrected")


@dataclass
class Promise:
    """One upload that was accepted, and how it must end."""

    upload_id: str
    sha256: str
    file: File
    state: str
    good: str  # the outcome of its good rows
    otherwise: dict[int, str] = field(default_factory=dict)  # of rows that are neither good nor rejected any more
    data_deleted: bool = False

    @property
    def outcomes(self) -> dict[int, str]:
        """Row → the outcome clients are told."""
        return dict.fromkeys(self.file.all, self.good) | dict.fromkeys(self.file.bad, "rejected") | self.otherwise

    def counts(self) -> Counts:
        """A row set aside is counted as rejected too, a mended one also as what became of it."""
        told = Counter(self.outcomes.values())
        return {
            "total": self.file.size,
            "inserted": told["inserted"] + told["corrected"],
            "updated": told["updated"],
            "unchanged": told["unchanged"],
            "rejected": told["rejected"] + told["ignored"],
            "ignored": told["ignored"],
            "corrected": told["corrected"],
        }


@dataclass
class Family:
    """The uploads of the same records, one after the other, and what is left of the records."""

    story: str
    number: int
    promises: list[Promise] = field(default_factory=list)
    left: list[tuple[File, set[int]]] = field(default_factory=list)  # rows of files
    complete: bool = False  # the story was told to its end

    def records(self) -> dict[int, Cells]:
        return {row: cells for file, rows in self.left for row, cells in file.rows.items() if row in rows}


@dataclass
class Book:
    department: str
    families: list[Family] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)  # answers other than 202, and none at all
    cuts: Counter[str] = field(default_factory=Counter)
    looked_up: int = 0  # uploads whose answer was lost, and that were found

    @property
    def promises(self) -> list[Promise]:
        return [promise for family in self.families for promise in family.promises]
