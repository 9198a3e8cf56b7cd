"""The records API over a real database, called with identities that a small auth signs."""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from services.records.app import create_app
from services.records.datasets import repository as datasets
from services.records.settings import Settings
from shared.contracts.identity import ALGORITHM, ISSUER, Role, audience_of
from shared.datasets.definition import Dataset
from shared.db.database import Database, Row

Json = dict[str, Any]

JSON = {"application/json", "application/problem+json"}
NOBODYS_BROKER = "amqp://127.0.0.1:1/"


def _field(code: str, label: str, **more: object) -> Json:
    return {"code": code, "label": label, **more}


def _dataset(code: str, name: str, category: str, subject: str, *fields: Json, **more: object) -> Dataset:
    return Dataset.model_validate(
        {
            "code": code,
            "version": 1,
            "name": name,
            "category": category,
            "subject": subject,
            "key": ["WSH", "MC"],
            "fields": [
                _field("WSH", "决定书文号", required=True, visibility="public"),
                _field("MC", "行政相对人名称", required=True, visibility="public", max_length=64),
                *fields,
                _field("FR", "法定代表人姓名", visibility="masked"),
                _field("JDRQ", "决定日期", type="date", required=True, visibility="public"),
                _field("JZQ", "截止期", type="date"),
                _field("DFBM", "地方编码", identifier="region", visibility="public"),
                _field("BZ", "备注", visibility="hidden"),
            ],
            "rules": [{"kind": "not_in_future", "field": "JDRQ"}],
            "roles": {"name": "MC", "decided_on": "JDRQ", "valid_until": "JZQ", "region": "DFBM", "document": "WSH"},
            **more,
        }
    )


USCC = _field("SHXYM", "统一社会信用代码", identifier="uscc", visibility="public")
ID_CARD = _field("SFZ", "居民身份证号", identifier="id_card", required=True, visibility="masked")
KIND = _field(
    "LB", "审批类别", type="choice", in_filter=True, visibility="public",
    choices=[{"value": "普通", "label": "普通"}, {"value": "特许", "label": "特许"}],
)  # fmt: skip
SEVERITY = _field("SXYZCD", "失信严重程度", visibility="hidden")
LICENCES = _dataset("t_licences", "许可-法人", "licence", "legal_person", USCC, KIND)
PERSONS = _dataset("t_persons", "许可-自然人", "licence", "natural_person", ID_CARD)
PENALTIES = _dataset("t_penalties", "处罚-法人", "penalty", "legal_person", USCC, SEVERITY)
SECRET = _dataset("t_secret", "内部", "other", "legal_person", departments=["d1"])
SECRET = SECRET.model_copy(update={"fields": [one.model_copy(update={"visibility": "unset"}) for one in SECRET.fields]})


class Auth:
    """Signs identities, and answers what records asks of auth."""

    def __init__(self) -> None:
        self.key = OKPKey.generate_key("Ed25519", parameters={"kid": "tests", "alg": ALGORITHM, "use": "sig"})
        self.audit: list[Json] = []
        self.asked: list[Mapping[str, str]] = []

    def sign(self, department: str, role: Role) -> str:
        claims = {
            "iss": ISSUER,
            "aud": audience_of(["ingest", "records"]),
            "exp": int(time.time()) + 60,
            "user_id": f"u-{department}-{role}",
            "user_name": f"{department}的{role}",
            "role": role,
            "department": {"code": department, "name": f"单位{department}"},
            "region": "140400",
            "address": "192.0.2.1",
        }
        return jwt.encode({"alg": ALGORITHM, "kid": "tests"}, claims, self.key, algorithms=[ALGORITHM])

    def app(self) -> web.Application:
        async def keys(_request: web.Request) -> web.Response:
            return web.json_response(KeySet([self.key]).as_dict(private=False))

        async def audit(request: web.Request) -> web.Response:
            self.asked.append(dict(request.query))
            limit = int(request.query["limit"])
            return web.json_response({"items": self.audit[:limit], "total": len(self.audit)})

        app = web.Application()
        app.router.add_get("/internal/keys", keys)
        app.router.add_get("/internal/audit", audit)
        return app


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str
    json: Any


class Caller:
    def __init__(self, client: TestClient[web.Request, web.Application], token: str | None) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def call(self, method: str, path: str, body: object = None) -> Answer:
        url = path if path.startswith("/internal") else f"/api/v1{path}"
        async with self._client.request(method, url, json=body, headers=self._headers) as answer:
            text = await answer.text()
            parsed = await answer.json(content_type=None) if answer.content_type in JSON else None
            return Answer(answer.status, answer.headers, text, parsed)

    async def get(self, path: str) -> Any:
        answer = await self.call("GET", path)
        assert answer.status == 200, answer
        return answer.json

    async def post(self, path: str, body: object = None, *, status: int = 200) -> Any:
        answer = await self.call("POST", path, body)
        assert answer.status == status, answer
        return answer.json


class World:
    """One records API; callers of any department and role."""

    def __init__(self, db: Database, client: TestClient[web.Request, web.Application], auth: Auth) -> None:
        self.db, self._client, self.auth = db, client, auth
        self.anyone = Caller(client, None)

    def caller(self, department: str, role: Role = Role.REPORTER) -> Caller:
        return Caller(self._client, self.auth.sign(department, role))

    @property
    def admin(self) -> Caller:
        return self.caller("office", Role.ADMIN)

    async def fetch(self, sql: str, *arguments: object) -> list[Row]:
        async with self.db.reading() as conn:
            return await conn.fetch(sql, *arguments)


@asynccontextmanager
async def open_world(
    dsn: str, *, more: Sequence[Dataset] = (LICENCES, PERSONS, PENALTIES, SECRET)
) -> AsyncGenerator[World]:
    auth = Auth()
    async with TestServer(auth.app()) as auth_server, Database.open(dsn) as db:
        async with db.transaction() as conn:
            for dataset in more:
                await datasets.add_version(conn, dataset, "测试")
        settings = Settings(database=dsn, amqp=NOBODYS_BROKER, auth_url=str(auth_server.make_url("")).rstrip("/"))
        async with TestClient(TestServer(create_app(settings))) as client:
            yield World(db, client, auth)


def licence(number: int, name: str = "", **changes: str) -> dict[str, str]:
    return {
        "WSH": f"长许〔2018〕{number}号",
        "MC": name or f"长治市第{number}煤业有限公司",
        "LB": "普通",
        "JDRQ": "2018-01-15",
        "DFBM": "140400",
        **changes,
    }


async def enter(caller: Caller, dataset: str, values: dict[str, str]) -> Json:
    """The record that came of an entry by hand."""
    made: Json = await caller.post("/records", {"dataset": dataset, "values": values}, status=201)
    return made
