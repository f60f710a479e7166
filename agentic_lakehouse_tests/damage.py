"""What can become of a file when nobody looks, and of a folder's files as a whole, for tests of every room."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

DAMAGES: Mapping[str, Callable[[bytes], bytes | None]] = {
    "missing": lambda _: None,
    "empty": lambda _: b"",
    "truncated": lambda whole: whole[: len(whole) // 2],
    "its end cut off": lambda whole: whole[:-1],
    "garbage": lambda whole: random.Random(7).randbytes(len(whole)),
    "garbage within": lambda whole: whole[: len(whole) // 2] + b"\xfe" * 9 + whole[len(whole) // 2 + 9 :],
    "another kind of file": lambda _: b'{"format-version": 2, "a": "settings file of something else"}',
}
"""Name of a damage to what it makes of a file's bytes; `None` where the file is gone."""


@contextmanager
def damaged(path: Path, how: str) -> Iterator[None]:
    """Damage a file for a while."""
    whole = path.read_bytes()
    left = DAMAGES[how](whole)
    if left is None:
        path.unlink()
    else:
        path.write_bytes(left)
    try:
        yield
    finally:
        path.write_bytes(whole)


def fingerprint(folder: Path) -> dict[str, str]:
    """Return the files below a folder and the hashes of their bytes, without SQLite's lock files."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }
