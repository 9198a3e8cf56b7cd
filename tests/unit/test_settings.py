"""Settings that would do harm are refused before anything starts."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy.local import room
from services.auth.settings import Settings as AuthSettings
from services.gateway.settings import Settings as GatewaySettings
from services.ingest.settings import Settings as IngestSettings
from services.records.settings import Settings as RecordsSettings
from shared.settings import read


@pytest.mark.parametrize("name", ["keep_rows_days", "keep_uploads_days", "keep_messages_days", "keep_audit_days"])
def test_rows_are_not_kept_for_less_than_no_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"RECORDS_{name.upper()}", "-3")
    with pytest.raises(ValidationError, match=rf"(?s){name}.*greater_than_equal"):
        RecordsSettings()


def test_files_are_not_kept_for_less_than_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGEST_KEEP_FILES_DAYS", "-3")
    with pytest.raises(ValidationError, match=r"(?s)keep_files_days.*greater_than_equal"):
        IngestSettings()


GATEWAY = {"AUTH_URL": "x", "RECORDS_URL": "x", "INGEST_URL": "x", "AMQP": "x", "AUTH_KEY": "a" * 16}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "not-a-secret", "不对：应是整数"),
        ("PORT", "99999", "不对：不能大于 65535"),
        ("LOG_LEVEL", "not-a-secret", "不对：应是这些之一：DEBUG、INFO、WARNING、ERROR、CRITICAL。"),
        ("TRUSTED_PROXIES", "10.0.0.0/8 not-a-secret", "不对：应是网段，例如 10.0.0.0/8"),
        ("TLS", "not-a-secret", "不对：应是 true 或 false"),
        ("STALL_SECONDS", "not-a-secret", "不对：应是数字"),
        ("PUBLIC_RATE", "not-a-secret", "不对：应是次数和时间，例如 300/minute"),
    ],
)
def test_a_wrong_setting_is_named_in_full_with_what_to_write_and_not_with_what_it_was(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for known, given in {**GATEWAY, name: value}.items():
        monkeypatch.setenv(f"GATEWAY_{known}", given)
    with pytest.raises(SystemExit) as end:
        read(GatewaySettings)
    told = str(end.value)
    assert told.startswith(f"设置 GATEWAY_{name} {said}")
    assert "not-a-secret" not in told
    assert "\n" not in told


def test_each_that_is_missing_or_too_short_has_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_GATEWAY_KEY", "too short")
    monkeypatch.setenv("AUTH_SESSION_IDLE", "soon")
    with pytest.raises(SystemExit) as end:
        read(AuthSettings)
    assert [line.partition("。")[0] for line in str(end.value).splitlines()] == [
        "设置 AUTH_DATABASE 没有给出",
        "设置 AUTH_GATEWAY_KEY 不对：至少要 16 个字符",
        "设置 AUTH_SESSION_IDLE 不对：应是时长，例如 00:30:00",
    ]


@pytest.mark.parametrize(("given", "counts"), [("", "8139"), ("8109", "8109")])
def test_what_make_passes_on_empty_hides_nothing_of_the_settings_file(
    given: str, counts: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("PORT=8139\n")
    monkeypatch.setenv("PORT", given)
    room.read_settings(tmp_path / ".env")
    assert os.environ["PORT"] == counts
