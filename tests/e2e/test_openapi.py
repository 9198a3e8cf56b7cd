"""The OpenAPI document against the running system: no answer outside the document, no 5xx, for each role."""

import asyncio
import sys
from pathlib import Path

import aiohttp
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.e2e.api import Api, licence, workbook
from tests.fixtures.platform import Platform

pytestmark = pytest.mark.integration

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
]
# An endless stream; signing in too often locks the address; a session that ends takes the test with it.
LEFT_OUT = ["/api/v1/events", "/api/v1/session", "/api/v1/session/password"]
ROLES = ["admin", "manager", "reporter", "viewer"]
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


async def token_of(api: Api, username: str, password: str) -> str:
    await api.sign_in(username, password)
    made = await api.post("/tokens", {"name": "schemathesis", "expires_in_days": 1})
    return str(made["token"])


async def make_user(admin: Api, role: str) -> tuple[str, str]:
    """An officer of a department of its own, through the first password change."""
    username, first, password = f"fuzz_{role}", "First#2018pass", "Second#2018pass"
    department = f"fuzz-{role}"
    await admin.post("/departments", {"code": department, "name": f"测试局{role}", "region": "140400"})
    await admin.post(
        "/users",
        {"username": username, "display_name": role, "department": department, "role": role, "password": first},
    )
    api = admin.other()
    await api.sign_in(username, first)
    answer = await api.call("PUT", "/session/password", {"current": first, "new": password})
    assert answer.status == 204, answer
    return username, password


async def make_victims(admin: Api, role: str) -> str:
    """What the role's department owns, as schemathesis takes it; what is to be deleted is something else."""
    reporter, department = admin.other(), f"fuzz-{role}"
    first, password = "First#2018pass", "Second#2018pass"
    ids: dict[str, str] = {}
    for name in ("reports", "victim"):
        body = {"username": f"fuzz_{role}_{name}", "display_name": name, "department": department, "role": "reporter"}
        ids["user_id"] = (await admin.post("/users", {**body, "password": first}))["id"]
    await reporter.sign_in(f"fuzz_{role}_reports", first)
    assert (await reporter.call("PUT", "/session/password", {"current": first, "new": password})).status == 204
    definition = await admin.get("/datasets/xzxk_fr")
    start = 930_000 + 100 * ROLES.index(role)
    uploads = []
    for number in (start, start + 10):
        rows = [licence(number), licence(number + 1), licence(number + 2, XK_SPLB="一般")]
        uploads.append((await reporter.upload("xzxk_fr", workbook(definition, rows)))["id"])
    records = [one["id"] for one in (await reporter.get("/records?size=10"))["items"]]
    ids |= {"upload_id": uploads[0], "record_id": records[-1]}
    ids["message_id"] = (await reporter.get("/messages"))["items"][0]["id"]
    config = ['[parameters]\n"path.row" = 5\n', *(f'"path.{name}" = "{value}"\n' for name, value in ids.items())]
    for path, name, value in (
        ("/uploads/{upload_id}", "upload_id", uploads[1]),
        ("/uploads/{upload_id}/data", "upload_id", uploads[1]),
        ("/records/{record_id}", "record_id", records[0]),
    ):
        config.append(f'[[operations]]\ninclude-path = "/api/v1{path}"\ninclude-method = "DELETE"\n')
        config.append(f'parameters = {{ "path.{name}" = "{value}" }}\n')
    return "".join(config)


async def run_schemathesis(url: str, token: str | None, *, phases: str, config: Path | None = None) -> tuple[int, str]:
    words = [
        str(SCHEMATHESIS),
        *(["--config-file", str(config)] if config else []),
        "run",
        f"{url}/api/openapi.json",
        "--url",
        url,
        "--checks",
        ",".join(CHECKS),
    ]
    words += [
        "--phases",
        phases,
        "--max-examples",
        "4",
        "--seed",
        "2018",
        "--workers",
        "1",
    ]  # CPython 3.11 parses no sources in two threads
    words += ["--warnings", "off", "--suppress-health-check", "all", "--no-color", "--request-timeout", "20"]
    words += [word for path in LEFT_OUT for word in ("--exclude-path", path)]
    if token is not None:
        words += ["-H", f"Authorization: Bearer {token}"]
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd="/tmp"
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode(errors="replace").replace(token or "\0", "…")


async def test_the_document_is_valid_openapi(platform: Platform) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{platform.url}/api/openapi.json") as answer:
        document = await answer.json()
    OpenAPIV31SpecValidator(document).validate()
    operations = [one for path in document["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("role", [*ROLES, None])
async def test_every_answer_is_in_the_document(platform: Platform, tmp_path: Path, role: str | None) -> None:
    """With ids of nothing; for a reporter, who may do most to them, with those of the department's own too."""
    token, config = None, tmp_path / "schemathesis.toml"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        admin = Api(http, platform.url)
        await admin.sign_in("admin", platform.admin_password)
        if role == "admin":
            token = await token_of(admin, "admin", platform.admin_password)
        elif role is not None:
            officer = await make_user(admin, role)
            if role == "reporter":
                config.write_text(await make_victims(admin, role))
            token = await token_of(admin.other(), *officer)
    # The boundary values of every parameter once, as admin, who is let through everywhere; the others get fewer.
    phases = "coverage,fuzzing" if role == "admin" else "fuzzing"
    status, output = await run_schemathesis(platform.url, token, phases=phases)
    assert status == 0, output[-8000:]
    if config.exists():
        status, output = await run_schemathesis(platform.url, token, phases="coverage", config=config)
        assert status == 0, output[-8000:]
