"""Which datasets and fields are public, and how the public may search them."""

from collections.abc import Iterable, Sequence, Set

from services.records.publicity.layouts import Listed, Narrowed, Searched
from shared.contracts.public import PublicField, PublicQuery
from shared.datasets.definition import Dataset
from shared.datasets.roles import roles_of

SHOWN = frozenset({"public", "masked"})
TWO_PUBLICITY = frozenset({"licence", "penalty"})


def is_public(dataset: Dataset) -> bool:
    return any(field.visibility in SHOWN for field in dataset.fields)


def public_fields(dataset: Dataset) -> list[PublicField]:
    return [
        PublicField(
            code=field.code,
            label=field.label,
            type=field.type,
            in_list=field.in_list,
            several=field.several,
            masked=field.visibility == "masked",
            choices=field.choices,
        )
        for field in dataset.fields
        if field.visibility in SHOWN
    ]


def chosen(datasets: Iterable[Dataset], wanted: PublicQuery) -> list[Dataset]:
    """Those asked for. By a region or a day that is not published of a dataset nothing of it is found."""
    return [
        one
        for one in datasets
        if wanted.dataset in {None, one.code}
        and wanted.category in {None, one.category}
        and (wanted.kind is None or (one.category in TWO_PUBLICITY) == (wanted.kind == "two_publicity"))
        and (wanted.region is None or region_shown(one) is not None)
        and (not (wanted.from_ or wanted.to) or _is_open(one, roles_of(one).decided_on))
    ]


def listed(datasets: Sequence[Dataset], wanted: PublicQuery) -> Listed:
    return Listed(_narrowed(wanted), tuple(one.code for one in datasets))


def _narrowed(wanted: PublicQuery) -> Narrowed:
    return Narrowed(wanted.department, wanted.region, wanted.from_, wanted.to)


def _is_open(dataset: Dataset, code: str | None) -> bool:
    return any(field.code == code and field.visibility == "public" for field in dataset.fields)


def name_shown(dataset: Dataset) -> str | None:
    name = roles_of(dataset).name
    return name if any(field.code == name and field.visibility in SHOWN for field in dataset.fields) else None


def region_shown(dataset: Dataset) -> str | None:
    region = roles_of(dataset).region
    return region if _is_open(dataset, region) else None


def codes_shown(dataset: Dataset, how: Set[str] = SHOWN) -> list[str]:
    """The fields with codes of the subject that are shown so: as they are, or masked too."""
    identifiers = roles_of(dataset).identifiers
    return [field.code for field in dataset.fields if field.code in identifiers and field.visibility in how]


def searched(datasets: Sequence[Dataset], wanted: PublicQuery) -> Searched:
    """A name that is shown masked is found only by somebody who knows all of it; one that is not shown, not at all.

    A document number or an enterprise's code is found where its field is public.
    """
    by_part, by_whole, documents, persons = [], [], {}, []
    codes: dict[str, list[str]] = {}
    for dataset in datasets:
        roles = roles_of(dataset)
        visibility = next((field.visibility for field in dataset.fields if field.code == roles.name), "hidden")
        if visibility == "public" and dataset.subject == "legal_person":
            by_part.append(dataset.code)
            codes[dataset.code] = codes_shown(dataset, frozenset({"public"}))
        elif visibility in SHOWN:
            by_whole.append(dataset.code)
        document = next((field for field in dataset.fields if field.code == roles.document), None)
        if document is None or document.code == roles.name:
            continue
        if document.visibility == "public" and document.identifier is None:
            documents[dataset.code] = document.code
            if dataset.subject == "natural_person":
                persons.append(dataset.code)
    return Searched(_narrowed(wanted), by_part, by_whole, documents, persons, codes)
