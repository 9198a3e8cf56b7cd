"""Settings that would do harm are refused before anything starts."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy.local import room
from services.ingest.settings import Settings as IngestSettings
from services.records.settings import Settings as RecordsSettings


@pytest.mark.parametrize("name", ["keep_rows_days", "keep_uploads_days", "keep_messages_days", "keep_audit_days"])
def test_rows_are_not_kept_for_less_than_no_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"RECORDS_{name.upper()}", "-3")
    with pytest.raises(ValidationError, match=rf"(?s){name}.*greater_than_equal"):
        RecordsSettings()


def test_files_are_not_kept_for_less_than_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGEST_KEEP_FILES_DAYS", "-3")
    with pytest.raises(ValidationError, match=r"(?s)keep_files_days.*greater_than_equal"):
        IngestSettings()


@pytest.mark.parametrize(("given", "counts"), [("", "8139"), ("8109", "8109")])
def test_what_make_passes_on_empty_hides_nothing_of_the_settings_file(
    given: str, counts: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("PORT=8139\n")
    monkeypatch.setenv("PORT", given)
    room.read_settings(tmp_path / ".env")
    assert os.environ["PORT"] == counts
