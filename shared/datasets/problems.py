"""What a check finds in a row. Encodes to the JSON of shared.contracts.uploads.RowProblem."""

from typing import Literal

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    severity: Literal["error", "warning"]
    cell: str | None  # Excel address such as G15; None for a single entry
    field: str | None
    label: str
    code: str  # stable; see api.md
    value: str  # as read; shown only to the department itself
    message: str  # Chinese: what is wrong, why, how to mend it. Never repeats an identity number.
    suggestion: str | None = None  # a value a check digit proves, or None
