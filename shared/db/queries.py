"""Reads a queries.sql: blocks that start with `-- name: some_query`."""

import re
from importlib import resources

_HEADER = re.compile(r"^-- name: ([a-z0-9_]+)\n", re.MULTILINE)


def parse_queries(text: str) -> dict[str, str]:
    _, *parts = _HEADER.split(text)
    names, bodies = parts[::2], parts[1::2]
    if len(set(names)) != len(names):
        raise ValueError(f"a query is named twice: {sorted(names)}")
    return {name: body.strip() for name, body in zip(names, bodies, strict=True)}


def load_queries(package: str) -> dict[str, str]:
    """The queries of `package`, by name; each file is static SQL, so every one of them can be prepared in a test."""
    return parse_queries((resources.files(package) / "queries.sql").read_text("utf-8"))


def escaped(text: str) -> str:
    """`text` to stand for itself inside a pattern of LIKE."""
    return re.sub(r"([\\%_])", r"\\\1", text)
