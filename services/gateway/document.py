"""The one OpenAPI document, merged from what each service says of itself."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from aiohttp import ClientError, ClientTimeout

from services.gateway.errors import UpstreamDown
from services.gateway.routes import Upstream
from services.gateway.upstreams import Upstreams

Document = dict[str, Any]  # JSON, which is untyped by nature

NAMES: dict[Upstream, str] = {"auth": "登录服务", "records": "数据服务", "ingest": "上传服务"}
KEPT_SECONDS = 30.0


class MergedDocument:
    def __init__(self, upstreams: Upstreams, own: Document) -> None:
        self._upstreams = upstreams
        self._own = own
        self._merged: Document | None = None
        self._merged_at = 0.0

    async def get(self) -> Document:
        """Raises UpstreamDown, naming the service that is away."""
        if self._merged is None or time.monotonic() - self._merged_at > KEPT_SECONDS:
            others = await asyncio.gather(*(self._fetch(name) for name in NAMES))
            self._merged = merge([self._own, *others])
            self._merged_at = time.monotonic()
        return self._merged

    async def _fetch(self, upstream: Upstream) -> Document:
        url = self._upstreams.base[upstream] + "/openapi.json"
        headers = {"Accept-Encoding": "identity"}
        try:
            async with self._upstreams.http.get(url, timeout=ClientTimeout(total=10), headers=headers) as response:
                response.raise_for_status()
                document: Document = await response.json()
                return document
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            raise UpstreamDown(f"{NAMES[upstream]}暂时连不上，接口说明还不完整，请稍后再试。") from error


def merge(documents: Sequence[Document]) -> Document:
    """Raises ValueError where two services describe one operation or schema differently: a mistake in the code."""
    merged: Document = {**documents[0], "paths": {}, "components": {"schemas": {}}}
    merged["components"]["securitySchemes"] = documents[0]["components"]["securitySchemes"]
    for document in documents:
        for path, operations in document["paths"].items():
            known = merged["paths"].setdefault(path, {})
            if twice := known.keys() & operations.keys():
                raise ValueError(f"{path} is described twice: {sorted(twice)}")
            known.update(operations)
        for name, schema in document["components"]["schemas"].items():
            if merged["components"]["schemas"].setdefault(name, schema) != schema:
                raise ValueError(f"two services describe the schema {name} differently")
    return merged
