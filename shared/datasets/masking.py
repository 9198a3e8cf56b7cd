"""What the public sees of a record: fields by their 公开属性, persons always masked (reference.md §3.5)."""

from collections.abc import Callable, Mapping
from functools import partial

from shared.datasets.compiled import per_dataset
from shared.datasets.definition import DatasetDraft, FieldDefinition
from shared.datasets.privacy import is_id_number, without_numbers
from shared.datasets.roles import roles_of

_STARS = "*" * 12
_AUTHORITIES = ("机关", "部门", "单位", "法院", "来源")
_PERSON_LABELS = ("法定代表人", "姓名", "负责人", "经营者")

Mask = Callable[[str], str]


def mask_name(name: str) -> str:
    """First character and one star, whatever the length: 欧* of 欧阳某某."""
    return f"{name[:1]}*" if name else ""


def mask_number(number: str) -> str:
    """At most the first six characters, never the birth date; of short numbers a third."""
    return number[: min(6, len(number) // 3)] + _STARS if number else ""


def mask_text(text: str) -> str:
    """Of other text the first and last third, at least one character hidden."""
    third = len(text) // 3
    return text[:third] + "*" * max(1, min(len(text) - 2 * third, 12)) + (text[-third:] if third else "")


def masked(dataset: DatasetDraft, field: FieldDefinition, value: str) -> str | None:
    """`value` as the public sees it; None where the field is not published."""
    mask = _mask_of(dataset, field)
    return None if mask is None else mask(value)


def public_values(dataset: DatasetDraft, values: Mapping[str, str]) -> dict[str, str]:
    """The published fields of a record, masked. Empty ones and those with 公开属性 未设置 or 不公开 are left out.

    Of a natural person the name and the number are masked wherever they stand, inside other texts too.
    """
    shown = {code: mask(value) for code, mask in _masks(dataset) if (value := values.get(code))}
    if dataset.subject == "natural_person":
        secrets = _secrets(dataset, values)
        for code in _telling(dataset) & shown.keys():
            for secret, instead in secrets.items():
                shown[code] = shown[code].replace(secret, instead)
    return shown


def _secrets(dataset: DatasetDraft, values: Mapping[str, str]) -> dict[str, str]:
    """The person's numbers and name, and what stands in their place."""
    roles = roles_of(dataset)
    secrets = {number: mask_number(number) for code in roles.identifiers if len(number := values.get(code, "")) >= 6}
    if roles.name and len(name := values.get(roles.name, "")) >= 2:
        secrets[name] = mask_name(name)
    return secrets


@per_dataset
def _telling(dataset: DatasetDraft) -> frozenset[str]:
    """Texts that may tell of the person. Not the authorities': 高平市公安局 is not about a person called 高平."""
    return frozenset(
        field.code
        for field in dataset.fields
        if field.type in {"text", "long_text"}
        and field.identifier is None
        and not any(word in field.label for word in _AUTHORITIES)
    )


@per_dataset
def _masks(dataset: DatasetDraft) -> list[tuple[str, Mask]]:
    return [(field.code, mask) for field in dataset.fields if (mask := _mask_of(dataset, field))]


def _mask_of(dataset: DatasetDraft, field: FieldDefinition) -> Mask | None:
    if field.visibility not in {"public", "masked"}:
        return None
    if field.identifier == "id_card":
        return mask_number
    if field.code == roles_of(dataset).name and dataset.subject == "natural_person":
        return mask_name
    if field.visibility == "public":
        return str if field.identifier in {"uscc", "org_code", "reg_no", "region"} else _public_text
    if field.identifier:
        return mask_number
    if any(word in field.label for word in _PERSON_LABELS):
        return mask_name
    return partial(_masked_text, is_date=field.type == "date")


def _public_text(value: str) -> str:
    """Published as it is, but for identity and telephone numbers that stand in it."""
    return mask_number(value) if is_id_number(value) else without_numbers(value)


def _masked_text(value: str, *, is_date: bool) -> str:
    return f"{value[:4]}-**-**" if is_date else mask_text(without_numbers(value))
