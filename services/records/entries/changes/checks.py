"""The compiled check of a single entry, and how its problems are told."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from services.records.entries.errors import ValuesInvalid
from shared.clock import today
from shared.contracts.problem import FieldError
from shared.contracts.uploads import RowProblem
from shared.datasets.check import Checked, row_check
from shared.datasets.definition import Dataset
from shared.datasets.problems import Problem


def check(dataset: Dataset, values: Mapping[str, str]) -> Checked:
    """Every problem of the values at once.

    Raises:
        ValuesInvalid: a field the dataset does not have.
    """
    known = {field.code for field in dataset.fields}
    unknown = [code for code in values if code not in known]
    if unknown:
        raise ValuesInvalid(
            f"“{dataset.name}”没有这些字段：{'、'.join(code[:64] for code in unknown[:5])}。请按数据集的字段编码填写。",
            errors=[
                FieldError(field=code[:64], code="unknown_field", message="数据集没有这个字段") for code in unknown[:20]
            ],
        )
    return row_check(dataset).check_values(values, today=today())


def key_of(dataset: Dataset, checked: Checked) -> UUID:
    """The identity key of values that are good.

    Raises:
        ValuesInvalid: with every problem, where one is an error; the warnings come along.
    """
    if checked.good and checked.key is not None:
        return checked.key
    wrong = [problem for problem in checked.problems if problem.severity == "error"]
    if not wrong:
        labels = [field.label for field in dataset.fields if field.code in dataset.key]
        raise ValuesInvalid(
            f"{'、'.join(labels)} 都没有填写，无法区分记录；请至少填写其中一项。",
            errors=[FieldError(field=dataset.key[0], code="required", message="请至少填写其中一项")],
        )
    named = "；".join(problem.message for problem in wrong[:3])
    raise ValuesInvalid(
        f"有 {len(wrong)} 处需要改正：{named}",
        errors=[FieldError(field=one.field or "", code=one.code, message=one.message) for one in wrong],
        warnings=[one.model_dump(exclude={"value"}) for one in warnings_of(checked.problems)],
    )


def warnings_of(problems: Sequence[Problem]) -> list[RowProblem]:
    return [one for one in shown(problems) if one.severity == "warning"]


def shown(problems: Sequence[Problem]) -> list[RowProblem]:
    return [RowProblem.model_validate(msgspec.structs.asdict(problem)) for problem in problems]
