"""A client that knows nothing but api.md: what an officer's browser or a department's system would send."""

import asyncio
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import xlwt

Json = dict[str, Any]

FINAL = {"stored", "partly_stored", "rejected", "failed", "cancelled", "awaiting_confirmation"}
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def uscc(number: int, *, head: str = "91140400") -> str:
    """A valid 统一社会信用代码 (GB 32100) whose organisation part is made from `number`, fictitious."""
    body = f"{number:08d}"
    total = sum(int(c) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    check = 11 - total % 11
    organisation = body + {10: "X", 11: "0"}.get(check, str(check))
    code = head + organisation
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    return code + ALPHABET[(31 - sum(ALPHABET.index(c) * w for c, w in zip(code, weights, strict=True)) % 31) % 31]


def id_card(number: int, *, region: str = "140402", born: str = "19800101") -> str:
    """A valid 居民身份证号 (GB 11643), fictitious; `number` 0..999."""
    body = f"{region}{born}{number:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def licence(number: int, **changes: str) -> dict[str, str]:
    """One good row of xzxk_fr."""
    return {
        "XK_WSH": f"长质监许可〔2018〕{number}号",
        "XK_XMMC": "特种设备使用登记",
        "XK_SPLB": "普通",
        "XK_NR": "压力容器",
        "XK_XDR": f"长治市第{number}煤层气有限公司",
        "XK_XDR_SHXYM": uscc(number),
        "XK_FR": "张三",
        "XK_JDRQ": "2018-01-15",
        "XK_JZQ": "2099-12-31",
        "XK_XZJG": "长治市质量技术监督局",
        "XK_ZT": "0",
        "DFBM": "140400",
        "SJC": "2018-01-16",
        **changes,
    }


def penalty(number: int, **changes: str) -> dict[str, str]:
    """One good row of xzcf_fr."""
    return {
        "CF_WSH": f"长质监罚〔2026〕{number}号",
        "CF_CFMC": "使用未经检验的特种设备",
        "CF_CFLB1": "罚款",
        "CF_SY": "使用未经检验的压力容器",
        "CF_YJ": "《特种设备安全法》第八十四条",
        "CF_XDR_MC": f"长治市第{number}煤层气有限公司",
        "CF_XDR_SHXYM": uscc(number),
        "CF_FR": "李四",
        "CF_JG": "罚款三万元",
        "CF_JDRQ": "2026-11-10",
        "CF_XZJG": "长治市质量技术监督局",
        "CF_ZT": "0",
        "DFBM": "140400",
        "SJC": "2026-11-12",
        **changes,
    }


class Answer:
    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"<{self.status} {self.body[:600].decode('utf-8', 'replace')}>"


class Api:
    """One caller: a browser session (sign_in) or an API token."""

    def __init__(self, http: aiohttp.ClientSession, base: str) -> None:
        self.http, self.base = http, base.rstrip("/")
        self.cookie = self.csrf = self.token = ""

    def other(self) -> "Api":
        return type(self)(self.http, self.base)

    async def call(self, method: str, path: str, body: Any = None, *, data: Any = None, **headers: str) -> Answer:
        if self.cookie:
            headers["Cookie"] = self.cookie
            if method != "GET" and self.csrf:
                headers.setdefault("X-CSRF-Token", self.csrf)
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        url = path if path.startswith("http") else f"{self.base}{path if path.startswith('/api') else '/api/v1' + path}"
        async with self.http.request(method, url, json=body, data=data, headers=headers) as response:
            return Answer(response.status, dict(response.headers), await response.read())

    async def get(self, path: str) -> Any:
        answer = await self.call("GET", path)
        assert answer.status == 200, (path, answer)
        return answer.json

    async def post(self, path: str, body: Any = None, *, status: int = 201) -> Any:
        answer = await self.call("POST", path, body)
        assert answer.status == status, (path, answer)
        return answer.json if answer.body else None

    async def sign_in(self, username: str, password: str) -> Json:
        async with self.http.post(
            f"{self.base}/api/v1/session", json={"username": username, "password": password}
        ) as response:
            body: Json = await response.json()
            assert response.status == 200, body
            morsel = response.headers.getall("Set-Cookie")[0]
        self.cookie, self.csrf = morsel.split(";")[0], body["csrf_token"]
        return body

    async def send(self, dataset: str, content: bytes, *, name: str = "许可法人.xls", **fields: str) -> Answer:
        form = aiohttp.FormData()
        form.add_field("dataset", dataset)
        for key, value in fields.items():
            form.add_field(key, value)
        form.add_field("file", io.BytesIO(content), filename=name, content_type="application/vnd.ms-excel")
        return await self.call("POST", "/uploads", data=form)

    async def upload(self, dataset: str, content: bytes, **fields: str) -> Json:
        """Send, see the 202, wait for the end."""
        answer = await self.send(dataset, content, **fields)
        assert answer.status == 202, answer
        assert answer.headers["Location"].endswith(answer.json["id"])
        return await self.finished(answer.json["id"])

    async def finished(self, upload_id: str, *, within: float = 30.0, states: set[str] = FINAL) -> Json:
        async with asyncio.timeout(within):
            while True:
                upload: Json = await self.get(f"/uploads/{upload_id}")
                if upload["state"] in states:
                    return upload
                await asyncio.sleep(0.05)


def workbook(
    definition: Json, rows: Sequence[Mapping[str, Any]], *, order: Sequence[str] | None = None, sheet: str = "Sheet1"
) -> bytes:
    """A file as an officer fills it: title in row 1, labels in row 2, data from row 3."""
    fields = {field["code"]: field for field in definition["fields"]}
    codes = list(order or fields)
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet(sheet)
    page.write(0, 0, definition["name"])
    for column, code in enumerate(codes):
        page.write(1, column, fields[code]["label"])
    for number, row in enumerate(rows, start=2):
        for column, code in enumerate(codes):
            if row.get(code) not in (None, ""):
                page.write(number, column, row[code])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
