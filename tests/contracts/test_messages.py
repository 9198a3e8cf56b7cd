"""Every message ever published goes on parsing: one golden file each, never edited, only added to."""

from pathlib import Path

import msgspec
import pytest

from shared.contracts import ingest, rows
from shared.contracts.base import Message
from shared.contracts.rows import RowsChecked

FOLDER = Path(__file__).parent / "golden"
GOLDEN = sorted(FOLDER.glob("*.json"))
MODELS: dict[str, type[Message]] = {
    model.routing_key(): model
    for model in vars(ingest).values()
    if isinstance(model, type) and issubclass(model, Message) and model is not Message
}


def kind_of(path: Path) -> str:
    """`ingest.upload.accepted.v1.2.json` is the second golden file of that message."""
    name, _, version = path.stem.partition(".v")
    return f"{name}.v{version.partition('.')[0]}"


@pytest.mark.parametrize("path", [path for path in GOLDEN if kind_of(path) in MODELS], ids=lambda path: path.stem)
def test_old_messages_still_parse(path: Path) -> None:
    message = MODELS[kind_of(path)].model_validate_json(path.read_bytes())
    assert message.message_id.version


@pytest.mark.parametrize("path", [path for path in GOLDEN if kind_of(path) in MODELS], ids=lambda path: path.stem)
def test_a_message_says_the_same_again(path: Path) -> None:
    model = MODELS[kind_of(path)]
    message = model.model_validate_json(path.read_bytes())
    assert model.model_validate_json(message.model_dump_json()) == message


def test_old_rows_still_parse() -> None:
    message = msgspec.json.decode((FOLDER / "ingest.rows.checked.v1.json").read_bytes(), type=RowsChecked)
    good, bad, corrected = message.rows
    assert (good.row, good.good, good.warned) == (3, True, False)
    assert good.key is not None
    assert msgspec.json.decode(good.values)["XK_WSH"] == "长质监许〔2018〕1号"
    assert (bad.good, bad.key) == (False, None)
    assert [one["code"] for one in msgspec.json.decode(bad.problems)] == ["required"]
    assert corrected.origin is not None
    assert corrected.origin[1] == 17
    assert str(message.message_id) == "e03c04cd-2101-557b-9008-e9fc498d0bbc"


def test_every_message_has_a_golden_file() -> None:
    assert {kind_of(path) for path in GOLDEN} == {*MODELS, rows.ROUTING_KEY}


def test_a_message_hides_its_content_in_errors() -> None:
    with pytest.raises(ValueError, match="upload_id") as caught:
        ingest.UploadFailed.model_validate({"upload_id": "140402199001011234", "code": "corrupt", "reason": "x"})
    assert "140402199001011234" not in str(caught.value)
