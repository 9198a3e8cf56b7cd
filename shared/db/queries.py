"""Reads a queries.sql: blocks that start with `-- name: some_query`, or `-- part: some_words` that several share."""

import re
from importlib import resources

_HEADER = re.compile(r"^-- (name|part): ([a-z0-9_]+)\n", re.MULTILINE)


def parse_queries(text: str) -> dict[str, str]:
    """The queries by name. `{words}` in a query or a part stands for the part of that name, which comes before it."""
    _, *blocks = _HEADER.split(text)
    names = blocks[1::3]
    if len(set(names)) != len(names):
        raise ValueError(f"a query is named twice: {sorted(names)}")
    parts: dict[str, str] = {}
    queries: dict[str, str] = {}
    for kind, name, body in zip(blocks[::3], names, blocks[2::3], strict=True):
        filled = body.strip()
        for part, words in parts.items():
            filled = filled.replace(f"{{{part}}}", words)
        (parts if kind == "part" else queries)[name] = filled
    return queries


def load_queries(package: str) -> dict[str, str]:
    """The queries of `package`, by name; each file is static SQL, so every one of them can be prepared in a test."""
    return parse_queries((resources.files(package) / "queries.sql").read_text("utf-8"))


def escaped(text: str) -> str:
    """`text` to stand for itself inside a pattern of LIKE."""
    return re.sub(r"([\\%_])", r"\\\1", text)
