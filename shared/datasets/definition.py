"""A dataset as data: its fields, rules and keys. Templates, checks, forms, lists, API and public view come from it."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]

FieldType = Literal["text", "long_text", "date", "integer", "decimal", "choice"]
IdentifierKind = Literal["uscc", "org_code", "reg_no", "tax_no", "id_card", "region"]
Visibility = Literal["unset", "public", "hidden", "masked"]
Category = Literal[
    "licence",
    "penalty",
    "red_list",
    "black_list",
    "filing",
    "annual_check",
    "tax",
    "tax_arrears",
    "judgment_debtor",
    "other",
]
Subject = Literal["legal_person", "natural_person"]

CATEGORY_NAMES: dict[str, str] = {
    "licence": "行政许可",
    "penalty": "行政处罚",
    "red_list": "红名单",
    "black_list": "黑名单",
    "filing": "备案登记",
    "annual_check": "年检年报",
    "tax": "纳税",
    "tax_arrears": "欠税",
    "judgment_debtor": "失信被执行人",
    "other": "其他",
}
SUBJECT_NAMES: dict[str, str] = {"legal_person": "法人", "natural_person": "自然人"}

# An open end (长期) is stored as this date: both 双公示 standards write it so (reference.md §2.1, §2.3).
OPEN_END = "2099-12-31"

# Identifiers and the region stand in indexes of the record table, whose entries end at 2,704 bytes. The key does not:
# it is hashed, and may be as long as it likes.
LONGEST_INDEXED = 256


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Choice(_Part):
    value: Annotated[str, Field(min_length=1, max_length=64)]
    label: Annotated[str, Field(min_length=1, max_length=128)]


class FieldDefinition(_Part):
    code: Code
    label: Annotated[str, Field(min_length=1, max_length=100)]
    type: FieldType = "text"
    required: bool = False
    max_length: Annotated[int, Field(ge=1, le=32_767, description="Characters.")] = 256
    identifier: IdentifierKind | None = None
    choices: list[Choice] = []
    several: Annotated[bool, Field(description="A choice that may hold several values, joined by ；.")] = False
    hint: str = ""
    example: str = ""
    visibility: Visibility = "unset"
    in_list: bool = False
    in_filter: bool = False
    aliases: Annotated[list[str], Field(description="Other header texts that mean this column.")] = []

    @model_validator(mode="after")
    def _choices_fit(self) -> Self:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("选项（choices）只属于类型为 choice 的字段，也不能缺少；请改类型或增删选项")
        return self

    @model_validator(mode="after")
    def _fits_an_index(self) -> Self:
        if self.identifier is not None and self.max_length > LONGEST_INDEXED:
            raise ValueError(
                f"字段 {self.code} 是证件号码或区划代码，长度上限（max_length）不能超过 {LONGEST_INDEXED}；"
                "请改小，或去掉它的 identifier"
            )
        return self


class When(_Part):
    field: Code
    equals: str | list[str] = Field(description='One value, or any of several; "*" for any value at all.')


class OneOfRequired(_Part):
    kind: Literal["one_of_required"] = "one_of_required"
    fields: Annotated[list[Code], Field(min_length=2)]


class RequiredWhen(_Part):
    kind: Literal["required_when"] = "required_when"
    field: Code
    when: When


class MustBeEmptyWhen(_Part):
    kind: Literal["must_be_empty_when"] = "must_be_empty_when"
    field: Code
    when: When


class NotBefore(_Part):
    """`field` may not lie before `other`."""

    kind: Literal["not_before"] = "not_before"
    field: Code
    other: Code


class NotInFuture(_Part):
    kind: Literal["not_in_future"] = "not_in_future"
    field: Code


Rule = Annotated[
    OneOfRequired | RequiredWhen | MustBeEmptyWhen | NotBefore | NotInFuture,
    Field(discriminator="kind"),
]


class Roles(_Part):
    """Which field says what about a record. What is left out is inferred from the fields (`roles.py`)."""

    name: Code | None = None  # name of the enterprise or person
    decided_on: Code | None = None  # decision date: starts the seven working days
    valid_until: Code | None = None  # end of validity or of publicity
    region: Code | None = None
    document: Code | None = None  # document number


class DatasetDraft(_Part):
    """A definition as an admin sends it: without a version."""

    code: Code
    name: Annotated[str, Field(min_length=1, max_length=100)]
    category: Category = "other"
    subject: Subject
    standard: Annotated[str, Field(max_length=100)] = ""
    departments: Literal["*"] | list[str] = "*"
    key: Annotated[list[Code], Field(min_length=1)]
    fields: Annotated[list[FieldDefinition], Field(min_length=1, max_length=200)]
    rules: list[Rule] = []
    roles: Roles = Roles()

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        codes = [field.code for field in self.fields]
        if len(set(codes)) != len(codes):
            raise ValueError("有两个字段的编码相同，请改成不同的编码")
        labels = [field.label for field in self.fields]
        if len(set(labels)) != len(labels):
            raise ValueError("有两个字段的名称相同，请改成不同的名称")
        used = set(self.key) | {code for rule in self.rules for code in _codes_of(rule)}
        used |= {code for code in self.roles.model_dump().values() if code}
        if unknown := used - set(codes):
            raise ValueError(f"没有这些字段：{'、'.join(sorted(unknown))}；请检查 key、rules 和 roles 里的字段编码")
        return self

    @model_validator(mode="after")
    def _region_fits_an_index(self) -> Self:
        for field in self.fields:
            if field.code == self.roles.region and field.max_length > LONGEST_INDEXED:
                raise ValueError(
                    f"字段 {field.code} 用作区划（roles.region），长度上限（max_length）不能超过 {LONGEST_INDEXED}；"
                    "请改小，或改选别的字段"
                )
        return self


def _codes_of(rule: BaseModel) -> set[str]:
    found: set[str] = set()
    for value in rule.model_dump().values():
        if isinstance(value, list):
            found |= set(value)
        elif isinstance(value, dict):
            found.add(value["field"])
        elif isinstance(value, str):
            found.add(value)
    return found - {
        "one_of_required",
        "required_when",
        "must_be_empty_when",
        "not_before",
        "not_in_future",
    }


class Dataset(DatasetDraft):
    """A definition as it is kept: one version, never changed afterwards."""

    version: Annotated[int, Field(ge=1)]

    @property
    def ref(self) -> tuple[str, int]:
        return self.code, self.version
