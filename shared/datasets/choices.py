"""Values of a code table: matched by value or by label; 其他 with its note where the standard asks for one."""

import difflib
import re
from collections.abc import Callable

from shared.datasets.definition import FieldDefinition
from shared.datasets.messages import Reading, find
from shared.datasets.text import half_width

_SPACE = re.compile(r"\s+")
_NOTE = re.compile(r"^\s*[-:：,，(（—－_]+\s*|^\s+")
_BETWEEN = re.compile(r"^[\s、,，;；/|+和及\n]+")
_SEPARATOR = "；"  # between several kinds in one field
_SHOWN = 12


def _fold(text: str) -> str:
    return _SPACE.sub("", half_width(text)).casefold().replace("，", ",")


def choice_reader(field: FieldDefinition) -> Callable[[str], Reading]:
    """Compiled once per field: text → the legal value, or what is wrong."""
    values = {_fold(choice.value): choice.value for choice in field.choices}
    values |= {
        _fold(mark): choice.value
        for choice in field.choices
        for mark in (
            choice.label,
            f"{choice.value}{choice.label}",
            f"{choice.value}-{choice.label}",
            f"{choice.value}({choice.label})",
            f"{choice.value}.{choice.label}",
            f"{choice.label}({choice.value})",
        )
    }
    # The standards want 其他 to be named: 其他-备案. A code such as 3 其他 takes its note in 备注.
    with_note = [choice.value for choice in field.choices if choice.value == "其他" or "注明" in choice.label]
    named = [
        choice.value if choice.value == choice.label else f"{choice.value} {choice.label}" for choice in field.choices
    ]
    shown = "、".join(f"“{name}”" for name in named[:_SHOWN]) + ("等" if len(named) > _SHOWN else "")

    def one(text: str) -> str | None:
        if found := values.get(_fold(text)):
            return found
        for value in with_note:
            if text.startswith(value) and (note := _NOTE.sub("", text[len(value) :])) != text[len(value) :]:
                return f"{value}-{note.rstrip(')）')}" if note.rstrip(")） ") else value
        return None

    def read(text: str) -> Reading:
        found = one(text)
        if found is None and field.several:
            found = _several(text, values, one) or _several(_SPACE.sub(_SEPARATOR, text), values, one)
        if found is not None:
            if len(found) > field.max_length:
                return Reading(text, (find("too_long", length=len(found), limit=field.max_length),))
            return Reading(found)
        if len(text) > 30 or sum(character.isdecimal() for character in text) > 14:
            return Reading(text, (find("not_in_list_hidden", choices=shown),))
        if near := _near(text, named):
            # Between two the officer decides.
            only = near[0] if len(near) == 1 else None
            said = "、".join(f"“{name}”" for name in near)
            return Reading(text, (find("not_in_list_near", only, value=text, near=said, choices=shown),))
        return Reading(text, (find("not_in_list", value=text, choices=shown),))

    return read


def _several(text: str, values: dict[str, str], one: Callable[[str], str | None]) -> str | None:
    """Several kinds in one field. A kind may itself hold 、, so the longest kind that fits is taken first."""
    rest, found = _fold(text), list[str]()
    marks = sorted(values, key=len, reverse=True)
    while rest:
        mark = next((mark for mark in marks if rest.startswith(mark)), None)
        if mark is None:
            last = one(rest)
            if last is None:
                return None
            found.append(last)
            break
        after = rest[len(mark) :]
        if after and not _BETWEEN.match(after):
            last = one(rest)
            if last is None:
                return None
            found.append(last)
            break
        found.append(values[mark])
        rest = _BETWEEN.sub("", after)
    return _SEPARATOR.join(dict.fromkeys(found)) or None


def _near(text: str, named: list[str]) -> list[str]:
    holding = [name for name in named if len(text) >= 2 and (text in name or name in text)]
    close = holding or difflib.get_close_matches(text, named, n=2, cutoff=0.5)
    return close[:2]
