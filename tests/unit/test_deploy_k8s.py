"""The manifests fit Kubernetes' own schemas, and say the same as docker-compose.yml; no cluster runs here."""

import copy
import re
from collections.abc import Iterator
from functools import reduce
from typing import Any

import kubernetes_validate
import pytest
import yaml
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings

from services.auth.settings import Settings as AuthSettings
from services.gateway.settings import Settings as GatewaySettings
from services.ingest.settings import Settings as IngestSettings
from services.records.settings import Settings as RecordsSettings
from shared.messaging.topology import LANES, SHARDS, worker_queue
from tests.fixtures.room import ROOT
from tests.unit.foreign import FOREIGN
from tests.unit.test_deploy_compose import HEALTH_PORTS, PROCESSES

Json = dict[str, Any]

FOLDER = ROOT / "deploy" / "k8s"
VERSION = "1.33"
SETTINGS: dict[str, type[BaseSettings]] = {
    "AUTH": AuthSettings,
    "GATEWAY": GatewaySettings,
    "INGEST": IngestSettings,
    "RECORDS": RecordsSettings,
}


def load() -> list[Json]:
    return [one for path in sorted(FOLDER.glob("*.yaml")) for one in yaml.safe_load_all(path.read_text())]


@pytest.fixture(scope="module")
def manifests() -> list[Json]:
    return load()


def of_kind(manifests: list[Json], kind: str) -> dict[str, Json]:
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


def container(workload: Json) -> Json:
    [only] = workload["spec"]["template"]["spec"]["containers"]
    made: Json = only
    return made


def environment(workload: Json) -> dict[str, str]:
    """By setting, whether it stands there or comes from a file."""
    return {one["name"].removesuffix("_FILE"): one["value"] for one in container(workload)["env"]}


@pytest.mark.parametrize(
    "manifest",
    [one for one in load() if one["kind"] not in FOREIGN],
    ids=lambda one: f"{one['kind']}-{one['metadata']['name']}",
)
def test_each_fits_its_schema(manifest: Json) -> None:
    assert kubernetes_validate.validate(manifest, VERSION, strict=True) == VERSION


def paths(value: Any) -> Iterator[tuple[Any, ...]]:
    """Where every field of `value` stands, its own name last."""
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(name, str):
                yield (name,)
            yield from ((name, *path) for path in paths(inner))


@pytest.mark.parametrize("manifest", [one for one in load() if one["kind"] in FOREIGN], ids=lambda one: one["kind"])
def test_each_of_others_fits_what_they_say_and_a_field_misspelt_does_not(manifest: Json) -> None:
    model = FOREIGN[manifest["kind"]]
    model.model_validate(manifest)
    for *place, name in paths(manifest):
        if "labels" in place:
            continue
        misspelt = copy.deepcopy(manifest)
        inner = reduce(lambda value, part: value[part], place, misspelt)
        inner[f"{name}s"] = inner.pop(name)
        with pytest.raises(ValidationError, match=f"{name}s"):
            model.model_validate(misspelt)


def test_the_kustomization_names_every_file(manifests: list[Json]) -> None:
    [kustomization] = [one for one in manifests if one["kind"] == "Kustomization"]
    assert sorted(kustomization["resources"]) == sorted(
        path.name for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml"
    )


def test_the_processes_are_those_of_compose(manifests: list[Json]) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    deployments = of_kind(manifests, "Deployment")
    assert set(deployments) == PROCESSES
    for name, workload in {**deployments, **of_kind(manifests, "Job")}.items():
        assert container(workload)["args"] == compose[name]["command"], name
        if name in HEALTH_PORTS:
            assert container(workload)["ports"][0]["containerPort"] == int(HEALTH_PORTS[name])


def test_every_setting_that_must_be_given_is_given_and_none_is_misspelt(manifests: list[Json]) -> None:
    for name, workload in of_kind(manifests, "Deployment").items():
        given = [setting for setting in environment(workload) if not setting.startswith("AWS_")]  # the store's own
        prefix = container(workload)["args"][0].removeprefix("services.").upper()
        fields = SETTINGS[prefix].model_fields
        required = {f"{prefix}_{field.upper()}" for field, about in fields.items() if about.is_required()}
        assert required <= set(given) <= {f"{prefix}_{field.upper()}" for field in fields}, name
    gateway = of_kind(manifests, "ConfigMap")["gateway"]["data"]
    assert {name.removeprefix("GATEWAY_").lower() for name in gateway} <= set(GatewaySettings.model_fields)


def test_nobody_but_the_ingress_controller_speaks_for_others(
    manifests: list[Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that was guessed for them would be one that clients sit in too: they must put in their own."""
    for name, value in of_kind(manifests, "ConfigMap")["gateway"]["data"].items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refusal:
        GatewaySettings(auth_url="", records_url="", ingest_url="", amqp="", auth_key=SecretStr(""))
    assert {error["loc"][0] for error in refusal.value.errors()} == {"trusted_proxies"}
    policies = of_kind(manifests, "NetworkPolicy")
    for policy in policies.values():
        for rule in policy["spec"].get("ingress", []):
            assert {"from", "ports"} <= set(rule), policy["metadata"]["name"]
    [monitoring] = policies["closed"]["spec"]["ingress"]
    assert monitoring["ports"] == [{"protocol": "TCP", "port": "http"}]


def test_every_address_leads_to_a_service_and_through_the_policies(manifests: list[Json]) -> None:
    services, policies = of_kind(manifests, "Service"), of_kind(manifests, "NetworkPolicy")
    calls = {
        (caller, url["host"], int(url["port"]))
        for caller, workload in of_kind(manifests, "Deployment").items()
        for value in environment(workload).values()
        if (url := re.fullmatch(r"http://(?P<host>[a-z-]+):(?P<port>\d+)", value))
    }
    assert {("gateway", "ingest", 8083), ("ingest", "records", 8082), ("records", "auth", 8081)} <= calls
    for caller, host, port in calls:
        assert services[host]["spec"]["ports"][0]["port"] == port
        [rule] = policies[host]["spec"]["ingress"]
        allowed = {one["podSelector"]["matchLabels"]["process"] for one in rule["from"]}
        # The persister and the workers are told the addresses too, and call nobody.
        assert caller in allowed | {"records-persister", "ingest-worker"}, (caller, host)
        assert rule["ports"] == [{"protocol": "TCP", "port": port}]
        if caller in allowed:
            peer = {"podSelector": {"matchLabels": {"app": "credit", "process": host}}}
            way = {"to": [peer], "ports": [{"protocol": "TCP", "port": port}]}
            assert way in policies[caller]["spec"]["egress"], (caller, host)


def test_a_process_goes_out_to_the_servers_it_is_told_of_and_no_others(manifests: list[Json]) -> None:
    policies = of_kind(manifests, "NetworkPolicy")
    assert [rule["ports"][0]["port"] for rule in policies["closed"]["spec"]["egress"]] == [53]
    workloads = {**of_kind(manifests, "Deployment"), **of_kind(manifests, "Job")}
    for server, setting in {"postgres": "_DATABASE", "rabbitmq": "_AMQP", "blobs": "_BLOBS"}.items():
        [asked] = policies[f"to-{server}"]["spec"]["podSelector"]["matchExpressions"]
        told = {
            name for name, workload in workloads.items() if any(one.endswith(setting) for one in environment(workload))
        }
        # The migration is told where the broker is, as all of records is, and does not connect.
        assert set(asked["values"]) == told - ({"migrate-records"} if server == "rabbitmq" else set())


def test_nothing_runs_as_root_or_without_limits(manifests: list[Json]) -> None:
    for workload in [*of_kind(manifests, "Deployment").values(), *of_kind(manifests, "Job").values()]:
        pod, only = workload["spec"]["template"]["spec"], container(workload)
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        assert pod["automountServiceAccountToken"] is False
        assert only["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(only["resources"]["limits"]) == {"cpu", "memory"}, workload["metadata"]["name"]
        mounted = {item["path"] for volume in pod["volumes"] for item in volume.get("secret", {}).get("items", [])}
        asked = {one["value"].rpartition("/")[2] for one in only["env"] if one["name"].endswith("_FILE")}
        assert mounted == asked
    for name, workload in of_kind(manifests, "Deployment").items():
        probes = container(workload)
        assert {probes[f"{probe}Probe"]["httpGet"]["path"] for probe in ("startup", "liveness")} == {"/healthz"}
        assert probes["readinessProbe"]["httpGet"]["path"] == "/readyz"
        assert of_kind(manifests, "PodDisruptionBudget")[name]["spec"]["selector"] == workload["spec"]["selector"]


def test_the_children_of_a_process_fit_beside_it_into_its_memory(manifests: list[Json]) -> None:
    """Or the kernel ends the process, and with it every upload and download in hand."""
    deployments = of_kind(manifests, "Deployment")
    told = environment(deployments["ingest"])
    child = int(told.get("INGEST_CHILD_MEMORY_MB", IngestSettings.model_fields["child_memory_mb"].default))
    many = int(told.get("INGEST_MADE_AT_ONCE", IngestSettings.model_fields["made_at_once"].default))
    asked, most = (container(deployments["ingest"])["resources"][kind]["memory"] for kind in ("requests", "limits"))
    assert many * child + int(asked.removesuffix("Mi")) <= int(most.removesuffix("Gi")) * 1024


def test_workers_are_counted_by_all_queues_of_a_lane(manifests: list[Json]) -> None:
    [scaled] = of_kind(manifests, "ScaledObject").values()
    assert scaled["spec"]["scaleTargetRef"]["name"] == "ingest-worker"
    assert "replicas" not in of_kind(manifests, "Deployment")["ingest-worker"]["spec"]
    patterns = [trigger["metadata"]["queueName"] for trigger in scaled["spec"]["triggers"]]
    for lane in LANES:
        queues = [worker_queue(lane, shard) for shard in range(SHARDS)]
        assert [sum(bool(re.search(pattern, queue)) for queue in queues) for pattern in patterns].count(SHARDS) == 1
    assert not any(re.search(pattern, "ingest.worker.parked") for pattern in patterns)
