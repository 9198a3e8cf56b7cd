"""数据统计: the formulas.

上报量 reported        rows of the uploads of the period (total of each), and records entered by hand
入库量 stored          of these, inserted + updated + unchanged; a record entered by hand is stored
入库率 stored_rate     stored / reported                              (reference.md §3.4, SZ: 入库率 = 入库量/上报量)
合规率 qualified_rate  (reported - first_rejected) / reported         (§3.4: passed the checks when first reported)
及时率 on_time_rate    on_time / (on_time + late)                     (§3.4: within seven working days of the decision)
迟报   late            records that were new, had a decision date, and came after those seven days
撤销   revoked         records revoked in the period and still revoked

Not counted: uploads that failed, were cancelled or wait for confirmation, those whose data was deleted, and
deleted entries by hand. A row that corrects an earlier upload's counts there, where it was
reported first, and not again.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import urlencode

from shared.contracts.statistics import Figures, LinkedFigures, StatisticsQuery

SUMMED = ("reported", "by_hand", "stored", "rejected", "waiting", "first_rejected", "on_time", "late", "revoked")


def figures_of(row: Mapping[str, int]) -> Figures:
    reported = row["reported"]
    timed = row["on_time"] + row["late"]
    return Figures(
        reported=reported,
        by_hand=row["by_hand"],
        stored=row["stored"],
        rejected=row["rejected"],
        waiting=row["waiting"],
        stored_rate=_rate(row["stored"], reported),
        qualified_rate=_rate(reported - row["first_rejected"], reported),
        on_time=row["on_time"],
        late=row["late"],
        on_time_rate=_rate(row["on_time"], timed),
        revoked=row["revoked"],
    )


def totals_of(rows: Sequence[Mapping[str, int]]) -> Figures:
    return figures_of({name: sum(row[name] for row in rows) for name in SUMMED})


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def links_of(wanted: StatisticsQuery, department: str | None, key: str | None) -> LinkedFigures.Links:
    """Where the rows behind a figure are listed; `key` None: behind the sums."""
    first, last = _within(wanted, key) if key and wanted.group_by == "month" else (wanted.from_, wanted.to)
    filters = {
        "department": key if key and wanted.group_by == "department" else department,
        "dataset": key if key and wanted.group_by == "dataset" else wanted.dataset,
    }
    days = {"from": first.isoformat() if first else None, "to": last.isoformat() if last else None}
    return LinkedFigures.Links(
        uploads=_path("/api/v1/uploads", {**filters, **days, "counted": "rows"}),
        stored=_path("/api/v1/records", {**filters, **days, "by": "reported"}),
        rejected=_path("/api/v1/uploads", {**filters, **days, "counted": "rejected"}),
        waiting=_path("/api/v1/uploads", {**filters, **days, "waiting": "rows"}),
        by_hand=_path("/api/v1/records", {**filters, **days, "by": "reported", "entry": "hand"}),
        late=_path("/api/v1/records", {**filters, **days, "by": "reported", "on_time": "false"}),
        revoked=_path("/api/v1/records", {**filters, **days, "by": "revoked", "state": "revoked"}),
    )


def _within(wanted: StatisticsQuery, month: str) -> tuple[date, date]:
    first = date.fromisoformat(f"{month}-01")
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return max(first, wanted.from_ or first), min(last, wanted.to or last)


def _path(path: str, filters: Mapping[str, str | None]) -> str:
    return f"{path}?{urlencode({name: value for name, value in filters.items() if value})}"
