"""A migration runs while the version before it serves: it adds and holds nobody up. What goes, goes a release later.

The real thing, the previous release's code on today's schema: tests/e2e/test_previous_release.py.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fixtures.room import ROOT

FILES = sorted(path for path in (ROOT / "services").glob("*/migrations/*.sql"))
NOT_TEXT = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$", re.DOTALL)
NAME = r"(?:ONLY\s+)?(?:IF\s+(?:NOT\s+)?EXISTS\s+)?\"?(\w+)"
CREATES = re.compile(rf"CREATE\s+(?:UNLOGGED\s+)?TABLE\s+{NAME}")
# What it does to the version that serves → the statements that do it. `table` is what they do it to, where it matters.
HARM = {
    "drops": r"\bDROP\s+(?!INDEX\s+CONCURRENTLY\b)",
    "renames": r"\bRENAME\b",
    "refuses null": r"\bSET\s+NOT\s+NULL\b",
    "changes a type": rf"\bALTER\s+TABLE\s+{NAME}.*\bTYPE\b",
    "demands a value": r"\bADD\s+(?:COLUMN\s+)?(?!CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN)"
    r"(?:(?!\bADD\b|\bDEFAULT\b).)*\bNOT\s+NULL\b(?:(?!\bADD\b|\bDEFAULT\b).)*(?=\bADD\b|$)",
    "checks all rows": r"\bADD\s+(?:CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN)(?!.*\bNOT\s+VALID\b)",
    "rewrites rows": rf"^(?:UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)\s+{NAME}",
    "makes an index that writers wait for": rf"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY\b).*?\bON\s+{NAME}",
    "locks": r"^(?:LOCK|CLUSTER|VACUUM\s+FULL|REINDEX\s+(?!.*CONCURRENTLY))",
}
# Released before there was this rule, and before anybody had a full table. A new file gets no line here.
RELEASED = {
    ("records", "20261123000002", "drops"): "record_list and record_decided were made anew with more columns",
    ("records", "20261123000002", "makes an index that writers wait for"): "record was empty when it was released",
    ("records", "20261123000003", "drops"): "record_name and record_chars were exchanged for better ones",
    ("records", "20261123000003", "renames"): "the better ones took the names the code in service calls them by",
    ("records", "20261123000003", "makes an index that writers wait for"): "record was small when it was released",
    ("records", "20261123000005", "rewrites rows"): "tax arrears only, which few departments had reported",
    ("records", "20261123000006", "makes an index that writers wait for"): "ledger was small when it was released",
    ("records", "20261123000009", "makes an index that writers wait for"): "upload has a row a file: milliseconds",
    ("records", "20261124000011", "makes an index that writers wait for"): "upload has a row a file: milliseconds",
}


class Found(NamedTuple):
    service: str
    version: str
    harm: str


def harms(sql: str) -> Iterator[str]:
    """What the statements of a file's `up` part do to tables that other files have made."""
    up = NOT_TEXT.sub(" ", re.split(r"^-- migrate:down", sql, maxsplit=1, flags=re.MULTILINE)[0])
    own: set[str] = set(CREATES.findall(up))
    for statement in map(str.strip, up.split(";")):
        if CREATES.match(statement) or re.match(r"CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION", statement):
            continue
        for harm, pattern in HARM.items():
            found = re.search(pattern, statement, re.DOTALL)
            if found and not (own & set(filter(None, found.groups()))):
                yield harm


def found_in(files: list[Path]) -> set[Found]:
    return {
        Found(path.parent.parent.name, path.name.partition("_")[0], harm)
        for path in files
        for harm in harms(path.read_text("utf-8"))
    }


def test_no_migration_breaks_or_holds_up_the_version_that_serves() -> None:
    assert {path.parent.parent.name for path in FILES} == {"auth", "records"}
    assert found_in(FILES) == {Found(*key) for key in RELEASED}


@pytest.mark.parametrize(
    ("statement", "harm"),
    [
        ("ALTER TABLE upload DROP COLUMN file_name", "drops"),
        ("ALTER TABLE upload\n  DROP CONSTRAINT upload_state_check", "drops"),
        ("DROP TABLE upload", "drops"),
        ("DROP FUNCTION shown_outcome(text, boolean, boolean)", "drops"),
        ("DROP INDEX upload_by_time", "drops"),
        ("ALTER TABLE upload RENAME COLUMN mode TO kind", "renames"),
        ("ALTER TABLE upload RENAME TO file", "renames"),
        ("ALTER TABLE upload ALTER COLUMN request_id SET NOT NULL", "refuses null"),
        ("ALTER TABLE upload ALTER COLUMN file_size TYPE bigint", "changes a type"),
        ("ALTER TABLE upload ALTER file_size SET DATA TYPE bigint", "changes a type"),
        ("ALTER TABLE upload ADD COLUMN lane text NOT NULL", "demands a value"),
        ("ALTER TABLE upload ADD COLUMN a int NOT NULL DEFAULT 1, ADD COLUMN b int NOT NULL", "demands a value"),
        ("ALTER TABLE upload ADD lane text CHECK (lane > '') NOT NULL", "demands a value"),
        ("ALTER TABLE upload ADD CONSTRAINT small CHECK (file_size < 9)", "checks all rows"),
        ("UPDATE upload SET attempts = 1", "rewrites rows"),
        ("CREATE INDEX upload_name ON upload (file_name)", "makes an index that writers wait for"),
        ("CREATE UNIQUE INDEX upload_name ON upload (file_name)", "makes an index that writers wait for"),
        ("LOCK TABLE upload", "locks"),
    ],
)
def test_the_rule_knows_what_harms(statement: str, harm: str) -> None:
    assert list(harms(f"-- migrate:up\n{statement};\n-- migrate:down\nSELECT 1;")) == [harm]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE upload ADD COLUMN lane text",
        "ALTER TABLE upload ADD COLUMN lane text NOT NULL DEFAULT 'small'",
        "ALTER TABLE upload ADD COLUMN lane text DEFAULT 'small' NOT NULL",
        "ALTER TABLE upload ADD CONSTRAINT small CHECK (file_size < 9) NOT VALID",
        "CREATE INDEX CONCURRENTLY upload_name ON upload (file_name)",
        "DROP INDEX CONCURRENTLY upload_by_time",
        "CREATE TABLE note (text text NOT NULL); CREATE INDEX note_text ON note (text); UPDATE note SET text = ''",
        "COMMENT ON TABLE upload IS 'DROP TABLE; RENAME'",
        "-- DROP TABLE upload;\nSELECT 1",
        "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN UPDATE upload SET mode = ''; END $$",
        "ALTER TABLE upload SET (autovacuum_analyze_scale_factor = 0.02)",
    ],
)
def test_the_rule_lets_pass_what_only_adds(statement: str) -> None:
    assert list(harms(f"-- migrate:up\n{statement};\n-- migrate:down\nDROP TABLE upload;")) == []
