"""Rules between the fields of a row, compiled once per dataset version."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from shared.datasets.definition import (
    SUBJECT_NAMES,
    Dataset,
    FieldDefinition,
    MustBeEmptyWhen,
    NotBefore,
    NotInFuture,
    OneOfRequired,
    RequiredWhen,
    Rule,
    When,
)
from shared.datasets.identifiers import FOREIGN_WORDS, read_foreign
from shared.datasets.messages import Finding, Reading, find
from shared.datasets.text import clean
from shared.datasets.values import Cell, Circumstances, shown_text

Found = dict[str, list[Finding]]  # by field code
Passes = Callable[
    [Sequence[str], str], bool
]  # right values aligned with the fields, today as YYYY-MM-DD → nothing broken
_Judge = Callable[[Mapping[str, Reading], date, Found], None]
_RESIDENT_CARD = "身份证"


class RowRules:
    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._fields = {field.code: field for field in dataset.fields}
        # Days that have not come first: what hangs on such a day is then not wrong once more.
        rules = sorted(dataset.rules, key=lambda rule: not isinstance(rule, NotInFuture))
        self._judges = [judge for rule in rules if (judge := self._compile(rule))]
        self._persons = [field for field in dataset.fields if field.identifier == "id_card"]
        self._kinds = {field.code: self._kind_of(field) for field in self._persons}
        self._remarks = [field.code for field in dataset.fields if "备注" in field.label]

    def find(self, read: Mapping[str, Reading], today: date) -> Found:
        """Broken rules by the field they are shown at; none where a field the rule needs is wrong by itself."""
        found: Found = {}
        for judge in self._judges:
            judge(read, today, found)
        return found

    def settle_documents(
        self, read: dict[str, Reading], *, cells: Mapping[str, Cell], circumstances: Circumstances
    ) -> None:
        """A foreigner's document in the place of the 居民身份证号 is right where 证件类型 or 备注 names it."""
        for field in self._persons:
            reading = read[field.code]
            if reading.good and not reading.findings:
                continue
            kind = self._kinds[field.code]
            kind_value = read[kind].value if kind else ""
            named = bool(kind_value) and _RESIDENT_CARD not in kind_value.replace("外国人永久居留身份证", "")
            remarked = any(FOREIGN_WORDS.search(read[code].value) for code in self._remarks)
            if not named and not remarked:
                continue
            again = read_foreign(clean(shown_text(cells[field.code])), circumstances.today)
            if again.good and "rounded_number" not in {finding.code for finding in reading.findings}:
                read[field.code] = Reading(again.value) if named else again

    def _kind_of(self, number: FieldDefinition) -> str | None:
        label = number.label.replace("证件号码", "证件类型")
        return next(
            (field.code for field in self._fields.values() if field.label == label and field is not number), None
        )

    def _label(self, code: str) -> str:
        return self._fields[code].label

    def _compile(self, rule: object) -> _Judge | None:
        if isinstance(rule, OneOfRequired):
            return self._one_of_required(rule)
        if isinstance(rule, RequiredWhen):
            return self._required_when(rule)
        if isinstance(rule, MustBeEmptyWhen):
            return self._must_be_empty_when(rule)
        if isinstance(rule, NotBefore):
            return self._not_before(rule)
        return self._not_in_future(rule) if isinstance(rule, NotInFuture) else None

    def _one_of_required(self, rule: OneOfRequired) -> _Judge:
        labels = "、".join(f"“{self._label(code)}”" for code in rule.fields)

        def judge(read: Mapping[str, Reading], _today: date, found: Found) -> None:
            if not any(read[code].value for code in rule.fields):
                found.setdefault(rule.fields[0], []).append(find("one_of_required", labels=labels))

        return judge

    def _applies(self, when: When) -> Callable[[Mapping[str, Reading]], bool]:
        wanted = _wanted(when)

        def applies(read: Mapping[str, Reading]) -> bool:
            reading = read[when.field]
            if not reading.good or not reading.value:
                return False
            return "*" in wanted or bool(wanted.intersection({reading.value, *reading.value.split("；")}))

        return applies

    def _names(self, when: When) -> dict[str, str]:
        values = [when.equals] if isinstance(when.equals, str) else when.equals
        labels = {choice.value: choice.label for choice in self._fields[when.field].choices}
        return {"other": self._label(when.field), "equals": "或".join(labels.get(value, value) for value in values)}

    def _required_when(self, rule: RequiredWhen) -> _Judge:
        applies, names = self._applies(rule.when), self._names(rule.when)

        def judge(read: Mapping[str, Reading], _today: date, found: Found) -> None:
            reading = read[rule.field]
            if not reading.value and reading.good and applies(read):
                found.setdefault(rule.field, []).append(find("required_when", **names))

        return judge

    def _must_be_empty_when(self, rule: MustBeEmptyWhen) -> _Judge:
        applies, names = self._applies(rule.when), self._names(rule.when)
        subject = self._dataset.subject
        other = "legal_person" if subject == "natural_person" else "natural_person"
        finding = find("must_be_empty", **names)
        if "*" in rule.when.equals:
            finding = find("must_be_empty_here", subject=SUBJECT_NAMES[subject], others=SUBJECT_NAMES[other])

        def judge(read: Mapping[str, Reading], _today: date, found: Found) -> None:
            if read[rule.field].value and applies(read):
                found.setdefault(rule.field, []).append(finding)

        return judge

    def _not_before(self, rule: NotBefore) -> _Judge:
        other = self._label(rule.other)

        def judge(read: Mapping[str, Reading], _today: date, found: Found) -> None:
            late, early = read[rule.field], read[rule.other]
            if any(finding.code == "in_future" for finding in found.get(rule.other, ())):
                return
            if late.value and early.value and late.good and early.good and late.value < early.value:
                said = find("before", value=late.value, other=other, limit=early.value)
                found.setdefault(rule.field, []).append(said)

        return judge

    def _not_in_future(self, rule: NotInFuture) -> _Judge:
        def judge(read: Mapping[str, Reading], today: date, found: Found) -> None:
            reading = read[rule.field]
            if reading.good and reading.value > today.isoformat():
                found.setdefault(rule.field, []).append(find("in_future", value=reading.value, today=today))

        return judge


def compile_passes(dataset: Dataset) -> list[Passes]:
    """The same rules for a row whose values are all right by themselves: only whether they are kept, fast."""
    place = {field.code: number for number, field in enumerate(dataset.fields)}
    return [_passes(rule, place) for rule in dataset.rules]


def _passes(rule: Rule, place: Mapping[str, int]) -> Passes:
    if isinstance(rule, OneOfRequired):
        places = [place[code] for code in rule.fields]
        first, others = places[0], places[1:]  # the first is filled in nearly every row
        return lambda values, _today: bool(values[first]) or any(values[number] for number in others)
    here = place[rule.field]
    if isinstance(rule, NotInFuture):
        return lambda values, today: values[here] <= today
    if isinstance(rule, NotBefore):
        other = place[rule.other]
        return lambda values, _today: values[here] >= values[other] or not values[here]
    when, wanted = place[rule.when.field], _wanted(rule.when)

    def applies(value: str) -> bool:
        return bool(value) and ("*" in wanted or bool(wanted.intersection([value, *value.split("；")])))

    if isinstance(rule, RequiredWhen):
        return lambda values, _today: bool(values[here]) or not applies(values[when])
    return lambda values, _today: not values[here] or not applies(values[when])


def _wanted(when: When) -> set[str]:
    return {when.equals} if isinstance(when.equals, str) else set(when.equals)
