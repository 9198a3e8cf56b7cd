"""A log line never carries what a row or a header held, however deep the failure."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest

from shared.telemetry import logs

CARD = "140402198001010014"


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:], root.level = handlers, level


def fail(values: dict[str, str]) -> None:
    raise ValueError(f"a row does not fit\nDETAIL:  Failing row contains ({values})")


def fail_in_group(values: dict[str, str]) -> None:
    try:
        fail(values)
    except ValueError as error:
        error.add_note(f"while storing {values}")
        raise ExceptionGroup("several\nnot all is well", [error]) from None


def fail_to_read(values: dict[str, str]) -> None:
    raise ValueError(f'a row does not fit: "{values}"')


def fail_to_send(values: dict[str, str]) -> None:
    raise ValueError(
        f"a row does not fit: invalid input for query argument $1: {str(values)!r} (expected str, got dict)"
    )


@pytest.mark.parametrize("failing", [fail, fail_in_group, fail_to_read, fail_to_send])
def test_a_traceback_names_the_place_and_not_the_values(
    failing: Callable[[dict[str, str]], None], root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("records")
    try:
        failing({"CF_XDR_SFZ": CARD})
    except Exception:
        logging.getLogger("services.records").exception("not stored")
    line = capsys.readouterr().out
    logged = json.loads(line)
    assert logged["event"] == "not stored"
    assert logged["process"] == "records"
    assert any(frame["name"].startswith("fail") for frame in logged["exception"][0]["frames"])
    assert "a row does not fit" in line
    assert CARD not in line
