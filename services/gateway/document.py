"""The one OpenAPI document, merged from what each service says of itself."""

import asyncio
import json
import time
from typing import Any

from aiohttp import ClientError, ClientTimeout

from services.gateway.errors import UpstreamDown
from services.gateway.upstreams import Upstreams
from shared.contracts.identity import Service
from shared.http.operations import Group

Document = dict[str, Any]  # JSON, which is untyped by nature

NAMES: dict[Service, str] = {"auth": "登录服务", "records": "数据服务", "ingest": "上传服务"}
KEPT_SECONDS = 30.0
SCHEMAS = "#/components/schemas/"


class MergedDocument:
    def __init__(self, upstreams: Upstreams, own: Document) -> None:
        self._upstreams = upstreams
        self._own = own
        self._text = ""
        self._good_until = 0.0
        self._lock = asyncio.Lock()

    async def get(self) -> str:
        """As JSON. Raises UpstreamDown, naming the service that is away."""
        async with self._lock:
            if time.monotonic() > self._good_until:
                documents = await asyncio.gather(*(self._fetch(name) for name in NAMES))
                merged = merge(self._own, dict(zip(NAMES, documents, strict=True)))
                self._text = json.dumps(merged, ensure_ascii=False)
                self._good_until = time.monotonic() + KEPT_SECONDS
            return self._text

    async def _fetch(self, upstream: Service) -> Document:
        url = self._upstreams.base[upstream] + "/openapi.json"
        try:
            async with self._upstreams.http.get(url, timeout=ClientTimeout(total=10)) as response:
                response.raise_for_status()
                document: Document = await response.json()
                return document
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            raise UpstreamDown(f"{NAMES[upstream]}暂时连不上，接口说明还不完整，请稍后再试。") from error


def merge(own: Document, others: dict[Service, Document]) -> Document:
    """`own` and what the services say. One name for two things: the later is called after its service.

    Raises ValueError where two services answer one method on one path: only one of them can be asked.
    """
    schemas: Document = dict(own["components"]["schemas"])
    paths: Document = {path: dict(operations) for path, operations in own["paths"].items()}
    names = {operation["operationId"] for operations in paths.values() for operation in operations.values()}
    for upstream, original in others.items():
        document = _renamed(original, _clashes(original, schemas), upstream)
        schemas.update(document["components"]["schemas"])
        for path, operations in document["paths"].items():
            known = paths.setdefault(path, {})
            if twice := known.keys() & operations.keys():
                raise ValueError(f"{path} is described twice: {sorted(twice)}")
            for method, operation in operations.items():
                if operation["operationId"] in names:
                    operation["operationId"] = f"{upstream}_{operation['operationId']}"
                names.add(operation["operationId"])
                known[method] = operation
    used = {
        tag for operations in paths.values() for operation in operations.values() for tag in operation.get("tags", [])
    }
    tags = [{"name": group.value} for group in Group if group in used]
    return {**own, "tags": tags, "paths": paths, "components": {**own["components"], "schemas": schemas}}


def _clashes(document: Document, schemas: Document) -> set[str]:
    mine: Document = document["components"]["schemas"]
    return {name for name, schema in mine.items() if schemas.get(name, schema) != schema}


def _renamed(document: Document, names: set[str], upstream: Service) -> Document:
    """A copy with the schemas `names`, and every mention of them, called after their service."""
    targets = {SCHEMAS + name: SCHEMAS + upstream.capitalize() + name for name in names}

    def copy(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: targets.get(inner, inner) if key == "$ref" else copy(inner) for key, inner in value.items()}
        return [copy(inner) for inner in value] if isinstance(value, list) else value

    copied: Document = copy(document)
    schemas: Document = copied["components"]["schemas"]
    copied["components"]["schemas"] = {
        upstream.capitalize() + name if name in names else name: schema for name, schema in schemas.items()
    }
    return copied
