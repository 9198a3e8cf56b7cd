"""The previous release serves on while today's migrations run, and on the schema they leave; today's takes over."""

import asyncio
import io
import os
import subprocess
import sys
import tarfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
import pytest

from deploy.local.rabbitmq import RabbitMQ
from tests.bench.files import shipped
from tests.e2e.api import Answer, Api, Json
from tests.fixtures.platform import Platform, create_admin
from tests.fixtures.postgres import SETTINGS, Databases
from tests.fixtures.room import ROOT, room
from tests.offices import PASSWORD, make_reporter
from tests.workbooks import good_rows, make_workbook, spoiled

pytestmark = pytest.mark.integration

# What stands in service when this version is installed: any commit of main whose dependencies still agree with
# requirements.lock. At a release this becomes the commit of the release before it; from then on its migrations count as
# released, and a test below refuses to see them changed.
PREVIOUS_RELEASE = "204f0cca6baa8d0e89ecf78529ffe77d5fcbbd87"
DATASET = "xzxk_fr"
NOT_HERE = "no such commit here. The old code is taken out of the history: fetch all of it (git fetch --unshallow)"
# This one answers 500 once to a statement prepared before a table got a column, because it asked for `*`. Mended since
# (tests/integration/test_migrations.py), so this goes when PREVIOUS_RELEASE moves.
ONCE_AGAIN = 12


@pytest.fixture(scope="module")
def old_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = ["git", "-C", str(ROOT), "archive", PREVIOUS_RELEASE, "services", "shared"]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode != 0:
        pytest.fail(f"{PREVIOUS_RELEASE}: {NOT_HERE}\n{done.stderr.decode(errors='replace')}")
    folder = tmp_path_factory.mktemp("previous-release")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def migrate(service: str, database: str, code: Path = ROOT) -> None:
    environment = {**os.environ, f"{service.upper()}_DATABASE": database, **SETTINGS[service]}
    words = [sys.executable, "-m", f"services.{service}", "migrate"]
    done = subprocess.run(
        words, cwd=code, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_released_migrations_are_as_they_were(old_code: Path) -> None:
    released = sorted(old_code.glob("services/*/migrations/*.sql"))
    assert {path.parent.parent.name for path in released} == {"auth", "records"}
    changed = [path.name for path in released if path.read_bytes() != (ROOT / path.relative_to(old_code)).read_bytes()]
    assert changed == []


def test_the_release_before_knows_only_the_one_audience(old_code: Path) -> None:
    """Why an identity for nobody in particular is still good everywhere (deploy/THREATS.md)."""
    known = (old_code / "shared" / "contracts" / "identity.py").read_text()
    assert "def audience_of" not in known, (
        "It names the services itself now. Let ALL_SERVICES of shared/contracts/identity.py go, the line about it under"
        " 'Left open' of deploy/THREATS.md, and this test."
    )


@pytest.fixture
async def made(databases: Databases, old_code: Path) -> AsyncGenerator[dict[str, str]]:
    """Databases as the previous release has left them, with its first admin."""
    addresses = {service: await databases.bare() for service in ("auth", "records")}
    for service, address in addresses.items():
        await asyncio.to_thread(migrate, service, address, old_code)
    await asyncio.to_thread(create_admin, addresses["auth"], old_code)
    yield addresses
    for address in addresses.values():
        await databases.drop(address)


def platform(databases: dict[str, str], amqp: str, code: Path) -> Platform:
    folder = room() / f"platform-{uuid4().hex[:6]}"
    (folder / "blobs").mkdir(parents=True)
    return Platform(folder, databases, amqp, workers=1, code=code)


class OnceAgain(Api):
    """Asks a second time where the previous release is known to fail the first time."""

    left = ONCE_AGAIN

    async def call(self, method: str, path: str, body: Any = None, *, data: Any = None, **headers: str) -> Answer:
        answer = await super().call(method, path, body, data=data, **headers)
        if data is None and self.to_repeat(answer):
            return await super().call(method, path, body, **headers)
        return answer

    async def send(self, dataset: str, content: bytes, *, name: str = "许可法人.xls", **fields: str) -> Answer:
        answer = await super().send(dataset, content, name=name, **fields)
        return await super().send(dataset, content, name=name, **fields) if self.to_repeat(answer) else answer

    def to_repeat(self, answer: Answer) -> bool:
        if answer.status != 500 or not OnceAgain.left:
            return False
        OnceAgain.left -= 1
        return True


class Officer:
    """One department's work: what a release must be able to do, before, while and after another's migrations run."""

    def __init__(self, code: str, machine: Api) -> None:
        self.code, self.machine, self.sent = code, machine, 0

    async def works(self) -> None:
        """Signs in, uploads with a fault, mends it, finds the rows, edits one by hand, reads what became of it."""
        browser = self.machine.other()
        await browser.sign_in(self.code, PASSWORD)
        upload, rows = await self.uploads(20)
        where = f"/uploads/{upload['id']}"
        (rejected,) = (await browser.get(f"{where}/rows?outcome=rejected"))["items"]
        mended = await browser.call("PATCH", f"{where}/rows/{rejected['row']}", {"values": rows[rejected["row"] - 3]})
        assert mended.status == 200, mended
        counts = (await browser.get(where))["counts"]
        assert (counts["inserted"], counts["corrected"]) == (20, 1)
        assert upload["id"] in [one["id"] for one in (await browser.get("/uploads"))["items"]]
        record = (await browser.get(f"/records?dataset={DATASET}&q={rows[0]['XK_WSH']}"))["items"][0]
        change = {"revision": record["revision"], "values": {**record["values"], "XK_FR": "手改"}}
        edited = await browser.call("PUT", f"/records/{record['id']}", change)
        assert edited.status == 200, edited
        assert len((await browser.get(f"/records/{record['id']}/history"))["items"]) == 2
        made = await browser.post("/tokens", {"name": "另一个", "expires_in_days": 1})
        assert (await browser.call("DELETE", f"/tokens/{made['id']}")).status == 204

    async def uploads(self, size: int) -> tuple[Json, list[dict[str, str]]]:
        """A file of which one row is bad, and the rows as they should have been."""
        self.sent += 1
        rows = [
            row | {"XK_WSH": f"{self.sent}-{at}号"} for at, row in enumerate(good_rows(DATASET, size, seed=self.sent))
        ]
        upload = await self.machine.upload(DATASET, make_workbook(shipped(DATASET), spoiled(rows, size)))
        assert upload["state"] == "partly_stored", upload
        assert (upload["counts"]["inserted"], upload["counts"]["rejected"]) == (size - 1, 1)
        return upload, rows

    async def goes_on_uploading(self, stored: list[str], enough: asyncio.Event) -> None:
        while not enough.is_set():
            stored.append((await self.uploads(5))[0]["id"])


async def is_migrated(databases: dict[str, str], code: Path) -> bool:
    """As far as this code has migrations, and no further."""
    for service, address in databases.items():
        files = (code / "services" / service / "migrations").glob("*.sql")
        if await applied(address) != {path.name.partition("_")[0] for path in files}:
            return False
    return True


async def applied(address: str) -> set[str]:
    conn = await asyncpg.connect(address)
    try:
        return {one["version"] for one in await conn.fetch("SELECT version FROM schema_migrations")}
    finally:
        await conn.close()


async def test_the_previous_release_serves_while_it_is_replaced(
    made: dict[str, str], old_code: Path, own_rabbitmq: RabbitMQ
) -> None:
    amqp = own_rabbitmq.url("platform")
    old = platform(made, amqp, old_code)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        try:
            await asyncio.to_thread(old.start)
            admin = OnceAgain(http, old.url)
            await admin.sign_in("admin", old.admin_password)
            officer = Officer(*await make_reporter(admin))
            await officer.works()
            assert await is_migrated(made, old_code)
            await beside(officer, made)
            assert await is_migrated(made, ROOT)
            await officer.works()
        finally:
            await asyncio.to_thread(old.close)
        new = platform(made, amqp, ROOT)
        new.folder.joinpath("blobs").rmdir()
        old.folder.joinpath("blobs").rename(new.folder / "blobs")
        try:
            await asyncio.to_thread(new.start)
            token, officer.machine = officer.machine.token, Api(http, new.url)
            officer.machine.token = token
            before = await officer.machine.get("/uploads?size=100")
            assert before["total"] == officer.sent
            await officer.works()
            for names in (("gateway",), ("auth",), ("records", "ingest")):
                await together(new, old_code, names, officer)
            undone = await officer.machine.call("DELETE", f"/uploads/{before['items'][-1]['id']}/data")
            assert undone.status == 200, undone
        finally:
            await asyncio.to_thread(new.close)


async def beside(officer: Officer, databases: dict[str, str]) -> None:
    """Today's migrations run while the officer goes on; none of the uploads suffers."""
    stored: list[str] = []
    enough = asyncio.Event()
    reporting = asyncio.create_task(officer.goes_on_uploading(stored, enough))
    try:
        while not stored and not reporting.done():
            await asyncio.sleep(0.01)
        before = len(stored)
        await asyncio.gather(*(asyncio.to_thread(migrate, *each) for each in databases.items()))
        assert len(stored) > before
    finally:
        enough.set()
        await reporting


async def together(new: Platform, old_code: Path, names: tuple[str, ...], officer: Officer) -> None:
    """Half-way through a rolling update: some processes are of the old release still; each understands the others."""
    new.code = old_code
    await asyncio.to_thread(new.restart, *names)
    try:
        admin, browser = Api(officer.machine.http, new.url), officer.machine.other()
        await admin.sign_in("admin", new.admin_password)
        await browser.sign_in(officer.code, PASSWORD)
        await officer.uploads(5)
        for path in ("/session", "/uploads", f"/records?dataset={DATASET}", f"/datasets/{DATASET}/template.xls"):
            assert (await browser.call("GET", path)).status == 200, (names, path)
        assert (await admin.get("/audit"))["items"], names
    finally:
        new.code = ROOT
        await asyncio.to_thread(new.restart, *names)
