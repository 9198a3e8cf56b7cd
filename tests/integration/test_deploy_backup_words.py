"""What a backup or a restore that fails says: enough to help, and nothing of a row."""

from pathlib import Path

import asyncpg
import pytest

from deploy import dumps
from deploy.local.processes import CouldNotStart
from tests.fixtures.postgres import Databases

pytestmark = pytest.mark.integration

NAME = "王小明"
# What passes today and not in a restore: the rule of a row depends on what the session says.
TABLE = """
CREATE FUNCTION known(text) RETURNS boolean LANGUAGE sql AS $$ SELECT coalesce($1 = current_setting('my.name', true), false) $$;
CREATE TABLE person (name text CONSTRAINT name_is_known CHECK (public.known(name)));
SET my.name = '王小明';
INSERT INTO person VALUES ('王小明');
"""  # noqa: E501


async def test_a_restore_that_fails_quotes_no_row(databases: Databases, tmp_path: Path) -> None:
    source, target = await databases.bare(), await databases.bare()
    conn = await asyncpg.connect(source)
    await conn.execute(TABLE)
    await conn.close()
    dump = tmp_path / "a.dump"
    dumps.save(source, dump)
    with pytest.raises(CouldNotStart) as refused, dumps.put_back(target, dump):
        pass
    said = str(refused.value)
    assert 'new row for relation "person" violates check constraint "name_is_known"' in said
    assert NAME not in said
    for dsn in (source, target):
        await databases.drop(dsn)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'COPY failed for table "account": ERROR:  invalid input syntax for type integer: "王"小明" in column "x"',
            'COPY failed for table "account": ERROR:  invalid input syntax for type integer: …',
        ),
        (
            'error: invalid byte sequence for encoding "UTF8": 0xe7 0x8e',
            "error: invalid byte sequence for encoding …",
        ),
        ("error: invalid byte sequence: 0xe7 0x8e", "error: invalid byte sequence: …"),
        (
            'error: connection to server at "127.0.0.1", port 1 failed: FATAL:  no password for user "credit"',
            'error: connection to server at "127.0.0.1", port 1 failed: FATAL:  no password for user "credit"',
        ),
        (
            "detail: server version: 17.2; pg_dump version: 15.18",
            "detail: server version: 17.2; pg_dump version: 15.18",
        ),
        ("detail: Command was: INSERT INTO person VALUES (王小明)", ""),
    ],
)
def test_a_line_is_told_up_to_the_first_value(line: str, said: str) -> None:
    told = dumps.speakable("pg_dump", f"pg_dump: {line}\nDETAIL:  Failing row contains (王小明).\n王小明")
    assert told.removeprefix("pg_dump: ") == said
