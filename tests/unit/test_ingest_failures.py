"""What is said to the sender of a file that cannot be read: the sentences are a contract, and each says what to do."""

import errno
import json
import re
from pathlib import Path

import pytest

from services.ingest.workbook.failures import TEXTS, Refused
from services.ingest.workbook.memory import ran_out
from shared.contracts.uploads import FailureCode

GOLDEN = Path(__file__).parent / "golden" / "ingest_failures.json"


def test_the_sentences_are_those_of_the_golden_file() -> None:
    said = {kind: [code.value, sentence] for kind, (code, sentence) in TEXTS.items()}
    assert said == json.loads(GOLDEN.read_text())


def test_every_failure_code_has_a_sentence() -> None:
    assert {code for code, _ in TEXTS.values()} == set(FailureCode)


@pytest.mark.parametrize("kind", TEXTS)
def test_a_sentence_says_what_to_do_in_plain_chinese(kind: str) -> None:
    _, sentence = TEXTS[kind]
    assert "请" in sentence
    assert sentence.endswith("。")
    assert not re.search(r"Error|Exception|xlrd|OLE2|BIFF|record", sentence)


def test_a_refusal_fills_in_its_sentence() -> None:
    refused = Refused("too_many_rows", sheet="工作表“甲”", rows=70000, limit=65534)
    assert refused.code is FailureCode.TOO_MANY_ROWS
    assert refused.message.startswith("工作表“甲”有 70000 行数据，一个文件最多 65534 行。")


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOMEM, "")])
def test_want_of_memory_is_seen_behind_what_was_made_of_it(error: Exception) -> None:
    with pytest.raises(Refused) as caught:
        _hide(error)
    assert ran_out(caught.value)


def test_a_damaged_file_is_no_want_of_memory() -> None:
    with pytest.raises(Refused) as caught:
        _hide(OSError(errno.ENOENT, ""))
    assert not ran_out(caught.value)


def _hide(error: Exception) -> None:
    """As xlrd and the rooms above it do."""
    try:
        try:
            raise error
        finally:
            raise LookupError("unknown encoding")
    except LookupError:
        raise Refused("corrupt") from None
