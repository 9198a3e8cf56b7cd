"""What a dataset's fields say about a record: whose it is, when decided, until when. Stated or inferred."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from shared.datasets.compiled import per_dataset
from shared.datasets.definition import DatasetDraft, FieldDefinition

# The bulk apply reads this many codes of a subject (services/records/uploads/applying/queries.sql).
MOST_IDENTIFIERS = 12


class RecordRoles(NamedTuple):
    """Field codes; None where the dataset has no such field."""

    name: str | None
    decided_on: str | None
    valid_until: str | None
    region: str | None
    document: str | None
    severity: str | None
    identifiers: tuple[str, ...]  # of the subject itself, not of its legal representative or of the authority


class Derived(NamedTuple):
    name: str
    identifiers: list[str]
    region: str
    document: str
    decided_on: date | None
    valid_until: date | None
    severity: str


_NAME_LABELS = ("行政相对人名称", "相对人名称", "企业名称", "机构全称", "单位名称", "主体名称", "姓名", "名称")
_NAME_PARTS = ("相对人名称", "企业名称", "机构全称", "主体", "企业", "单位全称")
_DECIDED_LABELS = (
    "决定日期",
    "认定日期",
    "确认",
    "裁定日期",
    "立案",
    "发布",
    "生效",
    "批准",
    "备案日期",
    "年检日期",
    "日期",
    "时间",
)
_UNTIL_LABELS = ("公示截止", "截止", "有效期至", "届满", "到期", "终止")
_DOCUMENT_LABELS = ("文号", "案号", "证书编号", "编号")
_OF_OTHERS = ("法定代表人", "负责人", "机关", "部门", "来源单位", "代理人")
_SUBJECT_KINDS = {
    "legal_person": {"uscc", "org_code", "reg_no", "tax_no"},
    "natural_person": {"id_card"},
}


@per_dataset
def roles_of(dataset: DatasetDraft) -> RecordRoles:
    """The stated roles, and for those left out the field whose label or kind fits best."""
    stated = dataset.roles
    dates = [field for field in dataset.fields if field.type == "date"]
    texts = [field for field in dataset.fields if field.type in {"text", "long_text"} and field.identifier is None]
    # The 截止日期 of tax arrears is the day they were counted to, not the end of their publicity (reference.md §2.4).
    inferred = _UNTIL_LABELS if dataset.category != "tax_arrears" else ()
    valid_until = stated.valid_until or _first(dates, inferred)
    return RecordRoles(
        name=stated.name or _name(texts),
        decided_on=stated.decided_on
        or _first([field for field in dates if field.code != valid_until], _DECIDED_LABELS),
        valid_until=valid_until,
        region=stated.region or next((field.code for field in dataset.fields if field.identifier == "region"), None),
        document=stated.document or _first(texts, _DOCUMENT_LABELS),
        severity=next((field.code for field in dataset.fields if _is_severity(field)), None),
        identifiers=tuple(
            field.code
            for field in dataset.fields
            if field.identifier in _SUBJECT_KINDS[dataset.subject] and not _is_of_others(field)
        ),
    )


def _name(texts: list[FieldDefinition]) -> str | None:
    own = [field for field in texts if not _is_of_others(field)]
    for label in _NAME_LABELS:
        for field in own:
            if field.label == label:
                return field.code
    return _first(own, _NAME_PARTS) or next(
        (field.code for field in own if field.label.endswith(("姓名", "名称"))), None
    )


def _first(fields: list[FieldDefinition], labels: tuple[str, ...]) -> str | None:
    return next((field.code for label in labels for field in fields if label in field.label), None)


def _is_of_others(field: FieldDefinition) -> bool:
    return any(word in field.label for word in _OF_OTHERS)


def _is_severity(field: FieldDefinition) -> bool:
    return field.code.endswith("_SXYZCD") or "严重程度" in field.label


def derive(dataset: DatasetDraft, values: Mapping[str, str]) -> Derived:
    """Columns of the record table, from normalised values."""
    roles = roles_of(dataset)

    def text(code: str | None) -> str:
        return values.get(code, "") if code else ""

    identifiers = [values[code] for code in roles.identifiers if values.get(code)]
    return Derived(
        name=text(roles.name),
        identifiers=list(dict.fromkeys(identifiers)),
        region=text(roles.region),
        document=text(roles.document),
        decided_on=_date(text(roles.decided_on)),
        valid_until=_date(text(roles.valid_until)),
        severity=text(roles.severity),
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
