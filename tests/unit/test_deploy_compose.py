"""docker-compose.yml names only what exists: there is no Docker engine where the tests run."""

import base64
import hashlib
import json
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from deploy import secrets
from tests.fixtures.room import ROOT

PROCESSES = {"gateway", "auth", "records", "records-persister", "ingest", "ingest-worker"}
HEALTH_PORTS = {
    "gateway": "8080",
    "auth": "8081",
    "records": "8082",
    "ingest": "8083",
    "records-persister": "8092",
    "ingest-worker": "8093",
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_every_process_is_a_service_and_runs_a_module_that_exists(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) >= PROCESSES
    for service in compose["services"].values():
        if "command" in service and "build" in service:
            module = ROOT / service["command"][0].replace(".", "/")
            assert (module / "__main__.py").is_file() or module.with_suffix(".py").is_file()


def test_health_checks_ask_the_port_the_process_listens_on(compose: dict[str, Any]) -> None:
    for name, port in HEALTH_PORTS.items():
        assert compose["services"][name]["healthcheck"]["test"] == ["CMD", "ready.py", port]


def test_what_is_waited_for_exists_and_can_become_so(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        for name, wanted in service.get("depends_on", {}).items():
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in services[name]
            else:
                assert wanted["condition"] == "service_completed_successfully"
                assert services[name]["restart"] == "no"


def test_processes_start_in_the_order_of_the_flow(compose: dict[str, Any]) -> None:
    def before(name: str) -> set[str]:
        found = set(compose["services"][name].get("depends_on", {}))
        return found.union(*(before(other) for other in found)) if found else found

    assert before("gateway") >= {"auth", "records", "ingest", "migrate-auth", "migrate-records", "postgres", "rabbitmq"}
    assert before("records-persister") >= {"migrate-records", "postgres", "rabbitmq"}
    assert "postgres" not in before("ingest-worker")


def test_secrets_come_from_files_that_make_secrets_writes(compose: dict[str, Any], tmp_path: Path) -> None:
    secrets.make(tmp_path / "compose")
    for name, place in compose["secrets"].items():
        file = tmp_path / "compose" / Path(place["file"]).name
        assert Path(place["file"]).parent == Path(".secrets"), name
        assert len(file.read_text()) >= 20
    used = {
        item if isinstance(item, str) else item["source"]
        for service in compose["services"].values()
        for item in service.get("secrets", [])
    }
    assert used == set(compose["secrets"])


def test_secrets_named_in_the_environment_are_mounted(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        mounted = {item if isinstance(item, str) else item["source"] for item in service.get("secrets", [])}
        for variable, value in service.get("environment", {}).items():
            if variable.endswith("_FILE"):
                assert Path(value).name in mounted, (name, variable)
            assert "PASSWORD" not in variable or variable.endswith("_FILE")


def test_making_secrets_again_changes_none_and_strangers_may_not_enter(tmp_path: Path) -> None:
    folder = tmp_path / "compose"
    secrets.make(folder)
    before = {file.name: file.read_text() for file in folder.iterdir()}
    (folder / "rabbitmq_user.conf").write_text("default_pass = of an older version, in plain")
    secrets.make(folder)
    assert {file.name: file.read_text() for file in folder.iterdir()} == before
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert before["auth_database_password"] in before["auth_database"]
    assert before["auth_database_password"] != before["records_database_password"]


def test_rabbitmq_reads_its_definitions_where_the_secret_with_its_user_is(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    [secret] = compose["services"]["rabbitmq"]["secrets"]
    conf = (ROOT / "deploy" / "rabbitmq" / "rabbitmq.conf").read_text().splitlines()
    assert f"load_definitions = {secret['target']}" in conf
    secrets.make(tmp_path / "compose")
    [user] = json.loads((tmp_path / "compose" / "rabbitmq_definitions.json").read_text())["users"]
    url = urlsplit((tmp_path / "compose" / "amqp").read_text())
    hashed = base64.b64decode(user["password_hash"])
    assert user["name"] == url.username
    assert hashed[4:] == hashlib.sha256(hashed[:4] + str(url.password).encode()).digest()


def test_what_the_image_copies_is_in_the_build_context() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [
        source
        for line in (ROOT / "deploy/Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    ]
    assert copied
    for source in copied:
        assert (ROOT / source).exists()
        assert {f"!{part}" for part in (source, *map(str, Path(source).parents))} & set(ignored)


def test_the_backup_has_the_servers_own_programs_and_all_that_it_imports(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    stages = re.split(r"^FROM ", (ROOT / "deploy" / "Dockerfile").read_text(), flags=re.M)
    backup = compose["services"]["backup"]
    [stage] = [one for one in stages if one.partition("\n")[0].endswith(f" AS {backup['build']['target']}")]
    assert stage.split()[0] == compose["services"]["postgres"]["image"]
    for line in stage.splitlines():
        if line.startswith("COPY deploy"):
            *sources, folder = line.split()[1:]
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            for source in sources:
                shutil.copy(ROOT / source, tmp_path / folder)
    said = subprocess.run(
        [sys.executable, "-m", *backup["command"]], cwd=tmp_path, env={}, check=False, capture_output=True, text=True
    )
    given = {name.removesuffix("_FILE") for name in backup["environment"]}
    assert given == {"AUTH_DATABASE", "RECORDS_DATABASE", "INGEST_BLOBS"}
    assert said.stderr.startswith("没有设置 AUTH_DATABASE"), said.stderr
    assert backup["profiles"] == ["backup"], "it is not started with the rest"


def test_mounted_files_exist_and_volumes_are_declared(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", volume).partition(":")[0]
            assert (ROOT / source).is_file() if source.startswith("./") else source in compose["volumes"]


def test_the_entry_point_turns_secret_files_into_settings_and_becomes_the_process(tmp_path: Path) -> None:
    (tmp_path / "python").write_text(
        '#!/bin/sh\necho "$@"; echo "$AUTH_DATABASE"; echo "${AUTH_DATABASE_FILE-unset}"\n'
    )
    (tmp_path / "python").chmod(0o755)
    (tmp_path / "secret").write_text("postgresql://a:b$c'd@postgres/x\n")
    done = subprocess.run(
        [ROOT / "deploy/entrypoint.sh", "services.auth", "api"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "AUTH_DATABASE_FILE": str(tmp_path / "secret")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["-m services.auth api", "postgresql://a:b$c'd@postgres/x", "unset"]


def test_the_entry_point_stops_when_a_secret_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        [ROOT / "deploy/entrypoint.sh", "services.auth", "api"],
        env={"PATH": "/usr/bin:/bin", "AUTH_DATABASE_FILE": str(tmp_path / "none")},
        capture_output=True,
        check=False,
    )
    assert done.returncode != 0
