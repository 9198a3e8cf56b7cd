"""Alerts and dashboard ask only for metrics that are there, in PromQL that parses, and lead to chapters that exist."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import REGISTRY

from deploy import backup
from shared.telemetry import metrics
from tests.fixtures.room import ROOT
from tests.unit.test_deploy_compose import HEALTH_PORTS

RULES = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]
PANELS = json.loads((ROOT / "deploy" / "grafana" / "dashboard.json").read_text())["panels"]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [target["expr"] for panel in PANELS for target in panel["targets"]]
# Prometheus' own, its Python client's, RabbitMQ's plugin's, node_exporter's, the kubelet's; and what a backup leaves.
OTHERS = {
    "up", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
    "rabbitmq_queue_messages", "rabbitmq_process_resident_memory_bytes", "rabbitmq_resident_memory_limit_bytes",
    "node_filesystem_avail_bytes", "node_filesystem_size_bytes",
    "node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes",
    "container_memory_working_set_bytes", "container_spec_memory_limit_bytes",
    backup.LAST_BACKUP,
}  # fmt: skip


def ours() -> set[str]:
    assert metrics.MESSAGES is not None  # importing it registers them all
    names = set[str]()
    for family in REGISTRY.collect():
        if family.name.startswith("credit_"):
            names.add(family.name)
            names |= {f"{family.name}_{suffix}" for suffix in SUFFIXES[family.type]}
    return names


SUFFIXES: dict[str, tuple[str, ...]] = {"counter": ("total",), "histogram": ("bucket", "count", "sum"), "gauge": ()}


def selected(node: Any) -> Iterator[Any]:
    """Every vector selector below `node`."""
    match node:
        case promql_parser.VectorSelector():
            yield node
        case promql_parser.MatrixSelector():
            yield node.vector_selector
        case promql_parser.BinaryExpr():
            yield from selected(node.lhs)
            yield from selected(node.rhs)
        case promql_parser.Call():
            for argument in node.args:
                yield from selected(argument)
        case promql_parser.AggregateExpr() | promql_parser.ParenExpr():
            yield from selected(node.expr)
        case promql_parser.NumberLiteral():
            return
        case _:
            raise AssertionError(f"what is {type(node).__name__}?")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_asked_for_exists(expression: str) -> None:
    names = {selector.name for selector in selected(promql_parser.parse(expression))}
    assert names
    assert names <= ours() | OTHERS


def test_every_metric_of_ours_is_on_the_dashboard() -> None:
    shown = {selector.name for panel in PANELS for target in panel["targets"]
             for selector in selected(promql_parser.parse(target["expr"]))}  # fmt: skip
    families = {family.name for family in REGISTRY.collect() if family.name.startswith("credit_")}
    assert {name for name in families if not any(one.startswith(name) for one in shown)} == set()


def test_every_alert_leads_to_a_chapter_of_the_runbook() -> None:
    chapters = re.findall(r"^## (\d+)\. ", (ROOT / "deploy" / "RUNBOOK.md").read_text(), flags=re.M)
    for rule in RULES:
        page, _, chapter = rule["annotations"]["runbook"].partition("#")
        assert page == "deploy/RUNBOOK.md"
        assert chapter in chapters, rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}
    assert len(chapters) == 10


def promtool(*words: str | Path) -> None:
    done = subprocess.run(["promtool", *words], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_alerts_fire_when_they_should(tmp_path: Path) -> None:
    """Evaluated by Prometheus itself, on series such as the processes and RabbitMQ's plugin give."""
    folder = ROOT / "deploy" / "prometheus"
    promtool("check", "rules", folder / "alerts.yml")
    cases = yaml.safe_load((ROOT / "tests" / "unit" / "alerts.yml").read_text())
    cases["rule_files"] = [str(folder / "alerts.yml")]
    (tmp_path / "cases.yml").write_text(yaml.safe_dump(cases, allow_unicode=True))
    promtool("test", "rules", tmp_path / "cases.yml")


def test_a_process_that_nobody_scrapes_is_missed() -> None:
    [rule] = [one for one in RULES if one["alert"] == "进程不在监控里"]
    assert set(re.findall(r'process="([a-z-]+)"', rule["expr"])) == set(HEALTH_PORTS)


def test_every_process_is_scraped_where_it_listens() -> None:
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"][0]
    ports = {one["labels"]["process"]: one["targets"][0].rpartition(":")[2] for one in scraped["static_configs"]}
    assert ports == HEALTH_PORTS
