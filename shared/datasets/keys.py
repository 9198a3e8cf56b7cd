"""Identity keys: two rows are the same record when the normalised values of the dataset's key fields agree."""

import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from uuid import UUID

_BRACKETS = str.maketrans(dict.fromkeys("〔[【〖{«《", "(") | dict.fromkeys("〕]】〗}»》", ")") | {"·": "", "•": "", "・": ""})
_FOLDED: dict[str, str] = {}  # what comes again and again: project names, contents
_KEEP = 8_192
_BETWEEN = "\x1f"


def fold_key(text: str) -> str:
    """For comparing: brackets of every kind alike, no spaces, half-width, one case. The record keeps the original."""
    folded = _FOLDED.get(text)
    if folded is None:
        folded = unicodedata.normalize("NFKC", text).translate(_BRACKETS).casefold()
        folded = "".join(unicodedata.normalize("NFKC", folded).split())
        if len(_FOLDED) >= _KEEP:
            _FOLDED.clear()
        _FOLDED[text] = folded
    return folded


def key_of_texts(texts: Sequence[str]) -> UUID:
    """128 bits over the folded texts, in the order of the dataset's key."""
    digest = blake2b(_BETWEEN.join(map(fold_key, texts)).encode("utf-8", "replace"), digest_size=16).digest()
    return UUID(bytes=digest)


def identity_key(key: Sequence[str], values: Mapping[str, str]) -> UUID | None:
    """None where every key field is empty."""
    texts = [values.get(code, "") for code in key]
    return key_of_texts(texts) if any(texts) else None
