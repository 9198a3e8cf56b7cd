"""Reading a request into a contract, or refusing it in plain Chinese."""

import json
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.contracts.problem import FieldError
from shared.errors import Invalid

T = TypeVar("T", bound=BaseModel)

MAX_BODY = 4 * 1024 * 1024
MOST_ERRORS = 200

# Chinese words for pydantic's error types; `{…}` comes from the error's context.
WORDS = {
    "missing": "必填",
    "extra_forbidden": "不认识的参数，请检查名称",
    "string_type": "应为文字",
    "string_too_short": "至少 {min_length} 个字",
    "string_too_long": "最多 {max_length} 个字",
    "string_pattern_mismatch": "格式不正确",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "date_from_datetime_parsing": "应为日期，如 2018-01-31",
    "date_type": "应为日期，如 2018-01-31",
    "date_parsing": "应为日期，如 2018-01-31",
    "datetime_parsing": "应为时间",
    "uuid_parsing": "编号格式不正确",
    "enum": "只能是：{expected}",
    "literal_error": "只能是：{expected}",
    "list_type": "应为列表",
    "dict_type": "应为一组名称和值",
    "model_type": "应为一组名称和值",
    "model_attributes_type": "应为一组名称和值",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "json_invalid": "内容不是正确的 JSON",
    "union_tag_invalid": "类型只能是：{expected_tags}",
    "union_tag_not_found": "缺少类型",
    "value_error": "{error}",
}


def field_errors(error: ValidationError) -> list[FieldError]:
    """The first of them: a body of a hundred thousand wrong names must not come back ten times as large."""
    return [_field_error(item) for item in error.errors(include_url=False, include_input=False)[:MOST_ERRORS]]


def _field_error(item: ErrorDetails) -> FieldError:
    words = WORDS.get(item["type"], "填写有误")
    try:
        message = words.format(**item.get("ctx", {}))
    except (KeyError, IndexError):
        message = words
    field = ".".join(str(part) for part in item["loc"])
    return FieldError(field=field, code=item["type"], message=message)


def invalid(error: ValidationError) -> Invalid:
    found = field_errors(error)
    named = "；".join(f"{one.field or '内容'}：{one.message}" for one in found[:5])
    return Invalid(f"填写的内容有 {error.error_count()} 处不对：{named}", errors=found)


def read_query(request: web.Request, model: type[T]) -> T:
    """The query string as `model`.

    Raises:
        Invalid: unknown, repeated or wrong parameters.
    """
    query: dict[str, Any] = {}
    for name, value in request.query.items():
        if name in query:
            raise Invalid(
                f"参数 {name} 出现了两次，请只保留一个。",
                errors=[FieldError(field=name, code="repeated", message="出现了两次")],
            )
        if "\0" in value:
            raise Invalid(f"参数 {name} 里有不能使用的空字符（NUL），请删去后再试。")
        if value != "" or name == "q":
            query[name] = value
    try:
        return model.model_validate_strings(query)
    except ValidationError as error:
        raise invalid(error) from None


async def read_body(request: web.Request, model: type[T], *, optional: bool = False) -> T:
    """The JSON body as `model`; with `optional`, no body at all reads as `{}`.

    Raises:
        Invalid: not JSON, or not of the model's shape.
    """
    raw = await request.read()
    if optional and not raw.strip():
        raw = b"{}"
    try:
        # Surrogates and duplicate names are JSON's own business.
        if _holds_nul(json.loads(raw)):
            raise Invalid("内容里有不能保存的空字符（NUL），请删去后再试。")
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise invalid(error) from None
    except (ValueError, RecursionError):
        raise Invalid("内容不是正确的 JSON。") from None


def _holds_nul(value: object) -> bool:
    if isinstance(value, dict):
        return any("\0" in name or _holds_nul(one) for name, one in value.items())
    if isinstance(value, list):
        return any(_holds_nul(one) for one in value)
    return isinstance(value, str) and "\0" in value
