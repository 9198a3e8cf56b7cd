"""Every answer, from every route and in every refusal: the headers a browser needs, and no secret anywhere."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import aiohttp
import asyncpg
import pytest
import pytest_asyncio
from multidict import CIMultiDictProxy
from yarl import URL

from tests.e2e.api import Api, licence, workbook
from tests.fixtures.platform import ADMIN_PASSWORD, Platform
from tests.security.test_every_route import MAY

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(platform: Platform, http: aiohttp.ClientSession) -> AsyncGenerator[Api]:
    api = Api(http, platform.url)
    await api.sign_in("admin", ADMIN_PASSWORD)
    await api.post("/departments", {"code": "carry", "name": "市答复局", "region": "140400"})
    yield api


def check(headers: "CIMultiDictProxy[str]", path: str) -> None:
    assert {name: headers.get(name) for name in ALWAYS} == ALWAYS, path
    assert "Server" not in headers, path
    assert not [name for name in headers if name.lower().startswith(("access-control-", "x-powered", "via"))], path
    if path.startswith("/api/v1/"):
        assert headers["Cache-Control"] == "no-store", path
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'", path


LEFT_OUT = {"GET /api/v1/events", "DELETE /api/v1/session"}  # endless; and the end of the session that asks
GIVEN = {"code": "xzxk_fr", "record_id": "1", "upload_id": "00000000-0000-4000-8000-000000000000", "year": "2026",
         "day": "2026-01-01", "row": "4"}  # fmt: skip


@pytest.mark.parametrize("route", sorted(MAY.keys() - LEFT_OUT))
async def test_every_route_answers_with_the_headers_whatever_it_answers(
    platform: Platform, http: aiohttp.ClientSession, admin: Api, route: str
) -> None:
    method, template = route.split()
    path = re.sub(r"{(\w+)}", lambda name: GIVEN.get(name[1], "1"), template)
    mine = {"Cookie": admin.cookie, "X-CSRF-Token": admin.csrf}
    for headers in ({}, {"Cookie": admin.cookie}, mine, {"Authorization": "Bearer credit_guess"}):
        body = None if method == "GET" else {"nothing": "that fits"}
        async with http.request(method, platform.url + path, headers=headers, json=body) as answer:
            check(answer.headers, path)
            assert answer.headers["X-Request-ID"]
            assert "Set-Cookie" not in answer.headers
            if answer.status >= 400:
                assert answer.content_type == "application/problem+json", answer.status
                text = await answer.text()
                assert not re.search(r"Traceback|File \"|asyncpg|SELECT |/home/|/srv/|site-packages", text)


REFUSED = {
    "an unknown route": ("GET", "/api/v1/nothing", {}),
    "outside the interface": ("GET", "/api/nothing", {}),
    "a path of two readings": ("GET", "/api/v1/public/%2e%2e/records", {}),
    "an overlong slash": ("GET", "/api/v1/public/..%c0%afrecords", {}),
    "a method there is not": ("PROPFIND", "/api/v1/records", {}),
    "a method of no route": ("DELETE", "/api/v1/public/records", {}),
    "an expectation": ("POST", "/api/v1/public/records", {"Expect": "everything"}),
    "a missing file": ("GET", "/assets/nothing.js", {}),
    "a page": ("GET", "/", {}),
    "the description": ("GET", "/api/openapi.json", {}),
    "its page": ("GET", "/api/docs", {}),
    "health": ("GET", "/healthz", {}),
}


@pytest.mark.parametrize("how", REFUSED)
async def test_what_is_no_route_answers_with_them_too(
    platform: Platform, http: aiohttp.ClientSession, how: str
) -> None:
    method, path, headers = REFUSED[how]
    url = URL(platform.url + path, encoded=True)
    async with http.request(method, url, headers=headers, allow_redirects=False) as answer:
        check(answer.headers, path)
        assert not 300 <= answer.status < 400


ATTACHED = r"attachment; filename=\"[^\"\\;%\x00-\x1f]*\"; filename\*=UTF-8''[\w.%~-]+"
ATTACHED = r"attachment; filename=\"[^\"\\;%\x00-\x1f]*\"; filename\*=UTF-8''[\w.%~-]+"
FORM = "multipart/form-data; boundary=edge"


def form(name: str, content: bytes) -> bytes:
    """By hand: no decent client sends such names."""
    fields = "".join(
        f'--edge\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in (("dataset", "xzxk_fr"), ("dry_run", "true"))
    )
    head = (
        f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/html\r\n\r\n'
    )
    return (fields + head).encode() + content + b"\r\n--edge--\r\n"


async def test_a_download_is_a_file_under_a_name_that_ends_no_header(
    platform: Platform, http: aiohttp.ClientSession, admin: Api
) -> None:
    """The officer's name for it comes back as a name, whatever stands in it, and never as a page."""
    book = workbook(await admin.get("/datasets/xzxk_fr"), [licence(950_001)])
    names = ['a\\"; filename=\\"evil.exe', "a\r\n Set-Cookie: session=evil.xls", "a%0d%0aX: y.xls", "a;b=c.xls"]
    names += ["<script>alert(1)</script>.html", "a\u2028b\u0085c.xls", "长治'\u202efdp.xls", "a\\b/../c.xls"]
    names += ["%00.xls", "\x01\x7f.xls"]
    taken = 0
    for number, name in enumerate(names):
        sent = await http.post(
            platform.url + "/api/v1/uploads",
            data=form(name, book + bytes(number)),
            headers={"Cookie": admin.cookie, "X-CSRF-Token": admin.csrf, "Content-Type": FORM},
        )
        if sent.status == 422:  # a form that cannot be read
            continue
        taken += 1
        kept = await sent.json()
        assert sent.status == 202, kept
        url = f"{platform.url}/api/v1/uploads/{kept['id']}/file"
        async with http.get(url, headers={"Cookie": admin.cookie}) as answer:
            assert answer.status == 200
            assert answer.content_type == "application/vnd.ms-excel"
            check(answer.headers, answer.url.path)
            assert "Set-Cookie" not in answer.headers
            said = answer.headers["Content-Disposition"]
            assert re.fullmatch(ATTACHED, said, re.ASCII), name
    assert taken >= 6


async def test_a_token_is_in_no_log_no_metric_and_no_table(
    platform: Platform, http: aiohttp.ClientSession, admin: Api
) -> None:
    """Used where it belongs, and where people put it by mistake."""
    made = await admin.post("/tokens", {"name": "theft", "expires_in_days": 1})
    token = made["token"]
    good = {"Authorization": f"Bearer {token}"}
    wrong = [{}, {"Authorization": token}, {"Authorization": f"Basic {token}"}, {"Cookie": f"session={token}"}]
    async with http.get(platform.url + "/api/v1/records", headers=good) as answer:
        assert answer.status == 200
    for path in (f"/api/v1/records?token={token}", f"/api/v1/{token}", f"/api/v1/records/{token}", f"/assets/{token}"):
        for headers in (good, *wrong):
            async with http.get(platform.url + path, headers=headers) as answer:
                assert answer.status in (401, 404, 422)
    assert (await admin.other().call("POST", "/session", {"username": token, "password": token})).status == 401
    for name in ("gateway", "auth", "records", "ingest"):
        async with http.get(platform.url_of(name) + "/metrics") as answer:
            assert token not in await answer.text()
    assert (await admin.call("DELETE", f"/tokens/{made['id']}")).status == 204
    async with http.get(platform.url + "/api/v1/records", headers=good) as answer:
        assert answer.status == 401  # at once
    secrets = [token, admin.cookie.partition("=")[2], admin.csrf, ADMIN_PASSWORD]
    for log in await asyncio.to_thread(lambda: [*platform.folder.glob("*.log")]):
        text = log.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in text], log.name
    for database in platform.databases.values():
        assert await tables_with(database, secrets) == []


TABLES = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
HOLDS = "SELECT EXISTS (SELECT FROM {} t, unnest($1::text[]) secret WHERE position(secret IN t::text) > 0)"


async def tables_with(address: str, secrets: list[str]) -> list[str]:
    conn = await asyncpg.connect(address)
    try:
        names = [str(row[0]) for row in await conn.fetch(TABLES)]
        assert "signing_key" in names or "upload" in names
        return [name for name in names if await conn.fetchval(HOLDS.format(name), secrets)]
    finally:
        await conn.close()


async def test_what_lies_on_the_disk_is_the_services_alone(platform: Platform) -> None:
    def readable() -> list[Path]:
        blobs = platform.folder / "blobs"
        return [path for path in blobs.rglob("*") if path.stat().st_mode & 0o077 and path.is_file()]

    assert await asyncio.to_thread(readable) == []
