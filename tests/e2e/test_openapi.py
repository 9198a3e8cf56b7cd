"""The OpenAPI document against the running system: no answer outside the document, no 5xx, for each role."""

import asyncio
import sys
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from deploy.local.rabbitmq import RabbitMQ
from tests.e2e.api import Api, licence, workbook
from tests.fixtures.platform import ONE_ADDRESS, Platform, open_platform
from tests.fixtures.postgres import Databases
from tests.fixtures.rabbitmq import empty
from tests.offices import FIRST, PASSWORD, make_reporter

pytestmark = pytest.mark.integration

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
]
EVENTS = "/api/v1/events"  # endless: asked once, by hand
ROLES = ["admin", "manager", "reporter", "viewer"]
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


class Caller(NamedTuple):
    headers: dict[str, str]
    config: Path  # for schemathesis: what the caller's department owns


@pytest.fixture(scope="module")
def platform(databases: Databases, rabbitmq: RabbitMQ) -> Generator[Platform]:
    """Its own: what schemathesis adds as admin, for all departments and on any day, no other test sees.

    The gateway believes what we say of our address: guesses at passwords count at none that another role uses.
    """
    asyncio.run(empty(rabbitmq.url()))
    settings = {**ONE_ADDRESS, "GATEWAY_TRUSTED_PROXIES": "127.0.0.0/8"}
    running = open_platform(databases, rabbitmq.url(), workers=1, settings=settings)
    yield running
    running.close()


async def make_user(admin: Api, role: str, department: str) -> Api:
    """The browser of an officer, through the first password change."""
    username = f"{department}_{role}"
    draft = {"username": username, "display_name": role, "department": department, "role": role, "password": FIRST}
    await admin.post("/users", draft)
    browser = admin.other()
    await browser.sign_in(username, FIRST)
    changed = await browser.call("PUT", "/session/password", {"current": FIRST, "new": PASSWORD})
    assert changed.status == 204, changed
    return browser


async def make_caller(admin: Api, role: str | None, config: Path) -> Caller:
    """Somebody of a new department, and what it owns; what is to be changed or deleted harms nobody."""
    department, reporter = await make_reporter(admin)
    number = ROLES.index(role) + 1 if role else 0
    headers = {"X-Forwarded-For": f"10.99.0.{number + 1}"}
    token_id = ""
    if role is not None:
        # schemathesis takes up ids that it is answered: only himself an admin cannot close, so it is this one.
        browser = admin if role == "admin" else await make_user(admin, role, department)
        token, victim = [
            await browser.post("/tokens", {"name": name, "expires_in_days": 1}) for name in ("schemathesis", "victim")
        ]
        headers["Authorization"], token_id = f"Bearer {token['token']}", victim["id"]
    body = {"username": f"{department}_victim", "display_name": "victim", "department": department, "role": "viewer"}
    user_id = (await admin.post("/users", {**body, "password": FIRST}))["id"]
    closed = {"code": f"{department}-v", "name": f"{department}撤", "short_name": "", "active": True}
    await admin.post("/departments", closed)
    definition = await reporter.get("/datasets/xzxk_fr")
    own = {name: definition[name] for name in ("category", "subject", "standard", "key", "fields", "rules", "roles")}
    await admin.post("/datasets", {**own, "code": department, "name": department, "departments": [department]})
    uploads = []
    for first in (930_000 + 100 * number, 930_050 + 100 * number):
        rows = [licence(first), licence(first + 1), licence(first + 2, XK_SPLB="一般")]
        uploads.append((await reporter.upload("xzxk_fr", workbook(definition, rows)))["id"])
    records = [one["id"] for one in (await reporter.get("/records?size=10"))["items"]]
    message_id = (await reporter.get("/messages"))["items"][0]["id"]
    ids = {"row": 5, "user_id": user_id, "token_id": token_id, "upload_id": uploads[0], "record_id": records[-1]}
    ids |= {"message_id": message_id, "code": department}
    lines = ["[parameters]\n", *(f'"path.{name}" = {value!r}\n' for name, value in ids.items() if value)]
    for method, path, name, value in (
        ("PATCH", "/departments/{code}", "code", closed["code"]),
        ("DELETE", "/uploads/{upload_id}", "upload_id", uploads[1]),
        ("DELETE", "/uploads/{upload_id}/data", "upload_id", uploads[1]),
        ("DELETE", "/records/{record_id}", "record_id", records[0]),
    ):
        lines.append(f'[[operations]]\ninclude-path = "/api/v1{path}"\ninclude-method = "{method}"\n')
        lines.append(f'parameters = {{ "path.{name}" = "{value}" }}\n')
    config.write_text("".join(lines))
    return Caller(headers, config)


async def run_schemathesis(url: str, caller: Caller, *words: str, owned: bool = False) -> None:
    command = [str(SCHEMATHESIS), *(["--config-file", str(caller.config)] if owned else [])]
    command += ["run", f"{url}/api/openapi.json", "--url", url, "--checks", ",".join(CHECKS), *words]
    command += ["--seed", "2018", "--workers", "1"]  # CPython 3.11 parses no sources in two threads
    command += ["--warnings", "off", "--suppress-health-check", "all", "--no-color", "--request-timeout", "60"]
    command += ["--exclude-path", EVENTS]
    for name, value in caller.headers.items():
        command += ["-H", f"{name}: {value}"]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd="/tmp"
    )
    output, _ = await process.communicate()
    said = output.decode(errors="replace").replace(caller.headers.get("Authorization", "\0"), "…")
    assert process.returncode == 0, said[-8000:]


async def events_are_described(http: aiohttp.ClientSession, url: str, caller: Caller) -> None:
    async with http.get(f"{url}/api/openapi.json") as answer:
        described = (await answer.json())["paths"][EVENTS]["get"]["responses"]
    async with http.get(f"{url}{EVENTS}", headers=caller.headers) as answer:
        assert answer.status == (200 if "Authorization" in caller.headers else 401)
        assert answer.content_type in described[str(answer.status)]["content"]


async def test_the_document_is_valid_openapi(platform: Platform) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{platform.url}/api/openapi.json") as answer:
        document = await answer.json()
    OpenAPIV31SpecValidator(document).validate()
    operations = [one for path in document["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("role", [*ROLES, None])
async def test_every_answer_is_in_the_document(platform: Platform, tmp_path: Path, role: str | None) -> None:
    """With ids of nothing, and with those of what the caller's own department has (for nobody: of what there is)."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        admin = Api(http, platform.url)
        await admin.sign_in("admin", platform.admin_password)
        caller = await make_caller(admin, role, tmp_path / "schemathesis.toml")
        await events_are_described(http, platform.url, caller)
    # What is wrong in a request is refused alike whoever sends it: all of that once, as admin, who is let through
    # everywhere. What is right in it leads each role to another end; without a role, the public part is all there is.
    fuzzing = ("--phases", "fuzzing", "--max-examples", "4")
    coverage = ("--phases", "coverage", "--mode", "all" if role == "admin" else "positive")
    async with asyncio.TaskGroup() as together:
        together.create_task(run_schemathesis(platform.url, caller, *fuzzing))
        part = ("--include-path-regex", "/public|/session") if role is None else ()
        together.create_task(run_schemathesis(platform.url, caller, *coverage, *part, owned=True))
        if role == "admin":  # whose parts of a path are as wrong as may be
            together.create_task(run_schemathesis(platform.url, caller, *coverage, "--include-path-regex", "{"))
