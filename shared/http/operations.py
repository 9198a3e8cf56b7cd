"""A service's HTTP surface as a table: from it come the routes, the rights and the OpenAPI 3.1 document."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.contracts.identity import Role
from shared.contracts.problem import Problem

OperationHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]

XLS = "application/vnd.ms-excel"
ANYONE = frozenset(Role)
REPORTING = frozenset({Role.ADMIN, Role.MANAGER, Role.REPORTER})
MANAGING = frozenset({Role.ADMIN, Role.MANAGER})
ADMIN = frozenset({Role.ADMIN})

Schema = dict[str, Any]  # a JSON Schema, which JSON itself leaves untyped


class Group(StrEnum):
    """Under which heading of the interface's page an operation stands, in the order of the page."""

    OWN = "登录与令牌"
    UPLOADS = "上报"
    RECORDS = "信息管理"
    DATASETS = "数据集与模板"
    SUBJECTS = "便捷查询"
    STATISTICS = "数据统计"
    MESSAGES = "消息提醒"
    PUBLIC = "公众查询"
    DEPARTMENTS = "部门"
    USERS = "用户"
    CALENDAR = "工作日历"
    AUDIT = "操作审计"
    SITE = "网站"
    INTERNAL = "内部"


@dataclass(frozen=True)
class Operation:
    """One method on one path.

    `roles`: who may call it; None for nobody in particular (no identity needed). Finer rights are the service's.
    `answer`: a pydantic model, a media type for bytes, or None for 204.
    `problems`: the statuses it may refuse with, besides those that follow from roles, query, body and path.
    """

    method: str
    path: str
    handler: OperationHandler
    summary: str
    group: Group
    roles: frozenset[Role] | None = ANYONE
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_optional: bool = False
    multipart: Schema | None = None
    answer: type[BaseModel] | str | None = None
    status: int = 200
    problems: tuple[int, ...] = ()
    path_types: dict[str, Schema] = field(default_factory=dict)
    internal: bool = False  # between our processes: not in the public document
    reads: bool = False  # changes nothing, though it is a POST: for what has no place in a URL
    before_password_change: bool = False  # allowed while must_change_password


OPERATION: web.AppKey[dict[OperationHandler, Operation]] = web.AppKey("OPERATION", dict)


def add_operations(app: web.Application, operations: Sequence[Operation]) -> None:
    """Route every operation and serve the document at /openapi.json."""
    app[OPERATION] = {operation.handler: operation for operation in operations}
    if len(app[OPERATION]) != len(operations):
        raise ValueError("a handler serves two operations; give each its own")
    for operation in operations:
        app.router.add_route(operation.method, operation.path, operation.handler)
        if operation.method == "GET":  # RFC 9110 clause 9.1: a general-purpose server supports both
            app.router.add_route("HEAD", operation.path, operation.handler)
    document = build_document([o for o in operations if not o.internal])

    async def openapi(_request: web.Request) -> web.Response:
        return web.json_response(document)

    app.router.add_get("/openapi.json", openapi)


def operation_of(request: web.Request) -> Operation | None:
    return request.app[OPERATION].get(request.match_info.handler)


def build_document(operations: Sequence[Operation], *, title: str = "信用上报平台") -> Schema:
    models: dict[tuple[type[BaseModel], str], None] = {(Problem, "serialization"): None}
    for operation in operations:
        if operation.body is not None:
            models[operation.body, "validation"] = None
        if operation.query is not None:
            models[operation.query, "validation"] = None
        if isinstance(operation.answer, type):
            models[operation.answer, "serialization"] = None
    refs, definitions = models_json_schema(
        list(models),  # type: ignore[arg-type]  # pydantic wants the literal mode, we hold it as str
        ref_template="#/components/schemas/{model}",
    )
    schemas: dict[str, Schema] = definitions.get("$defs", {})
    paths: dict[str, Schema] = {}
    for operation in operations:
        path = re.sub(r"{(\w+):[^{}]*(?:{[^{}]*}[^{}]*)*}", r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _describe(operation, path, refs, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "session",
                    "description": "Over https it is called __Host-session.",
                },
            },
        },
    }


def _describe(operation: Operation, path: str, refs: dict[Any, Schema], schemas: dict[str, Schema]) -> Schema:
    described: Schema = {
        "operationId": operation.handler.__name__,
        "summary": operation.summary,
        "tags": [operation.group],
        "security": [] if operation.roles is None else [{"token": []}, {"session": []}],
        "responses": {},
    }
    parameters: list[Schema] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": operation.path_types.get(name, {"type": "string"}),
        }
        for name in re.findall(r"{(\w+)}", path)
    ]
    if operation.query is not None:
        parameters += _query_parameters(refs[operation.query, "validation"], schemas)
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": not operation.body_optional,
            "content": {"application/json": {"schema": refs[operation.body, "validation"]}},
        }
    if operation.multipart is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": operation.multipart}},
        }
    described["responses"] = _responses(operation, path, refs)
    return described


def _query_parameters(ref: Schema, schemas: dict[str, Schema]) -> list[Schema]:
    model = schemas[ref["$ref"].rsplit("/", 1)[1]]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in model.get("required", []),
            "schema": {key: value for key, value in schema.items() if key != "title"},
            **({"description": schema["description"]} if "description" in schema else {}),
        }
        for name, schema in model.get("properties", {}).items()
    ]


def _responses(operation: Operation, path: str, refs: dict[Any, Schema]) -> Schema:
    done: Schema = {"description": operation.summary}
    if isinstance(operation.answer, str):
        done["content"] = {operation.answer: {"schema": {"type": "string", "format": "binary"}}}
    elif operation.answer is not None:
        done["content"] = {"application/json": {"schema": refs[operation.answer, "serialization"]}}
    refusals = {429, 500, 503, *operation.problems}
    if operation.roles is not None:
        refusals |= {401, 403}
    if operation.query or operation.body or operation.multipart:
        refusals |= {422}
    if operation.body or operation.multipart:
        refusals |= {400, 413}
    if "{" in path:
        refusals |= {404}
    problem = {"application/problem+json": {"schema": refs[Problem, "serialization"]}}
    answers: Schema = {str(operation.status): done}
    for status in sorted(refusals):
        answers[str(status)] = {"description": f"refused ({status})", "content": problem}
    return answers
