"""The blob store's part of a backup: copied out with a digest each, put back as private and as old as they were."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from obstore.store import LocalStore, ObjectStore, from_url


class _Blob(NamedTuple):
    size: int
    at: float


def copy(url: str, folder: Path, before: Path | None, known: dict[str, str]) -> dict[str, str]:
    """The digest of each. What the backup `before` has is linked if it is still what is `known` of it."""
    store = _store(url)
    copied: dict[str, str] = {}
    folder.mkdir(mode=0o700)
    for key, blob in _there(store).items():
        path = folder / key
        path.parent.mkdir(exist_ok=True, mode=0o700)
        if before is not None and key in known and _is(before / key, known[key]):
            os.link(before / key, path)
            copied[key] = known[key]
            continue
        try:
            content = store.get(key).bytes()
        except FileNotFoundError:  # a mark that was taken off, or an orphan that was cleared away
            continue
        path.write_bytes(content)
        path.chmod(0o600)
        os.utime(path, (blob.at, blob.at))
        copied[key] = hashlib.sha256(content).hexdigest()
    return copied


def put(url: str, folder: Path, known: dict[str, str]) -> None:
    """All that were saved are there and what they were; `known` are their digests as far as the backup has them.

    In a folder a file that was damaged is written anew, each is its owner's alone, and as old as it was: how long it is
    kept counts from then. A store elsewhere sees to its files itself: there what has the size is believed.
    """
    store, root = _store(url), _root(url)
    there = _there(store)
    for key, path in _saved(folder).items():
        about = path.stat()
        same = key in there and there[key].size == about.st_size
        if not same or (root is not None and not _is(root / key, known.get(key) or sha256(path))):
            store.put(key, path)
        if root is not None:
            (root / key).parent.chmod(0o700)
            (root / key).chmod(0o600)
            os.utime(root / key, (about.st_mtime, about.st_mtime))


def clear(url: str, folder: Path) -> None:
    """Files of uploads that the databases no longer know go: nobody could ever find them again."""
    store = _store(url)
    store.delete(sorted(_there(store).keys() - _saved(folder).keys()))


def _saved(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and sha256(path) == digest


def _root(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _store(url: str) -> ObjectStore:
    root = _root(url)
    return from_url(url) if root is None else LocalStore(root, mkdir=True)


def _there(store: ObjectStore) -> dict[str, _Blob]:
    return {
        item["path"]: _Blob(item["size"], item["last_modified"].timestamp()) for page in store.list() for item in page
    }
