"""A DuckDB that sees the given files and nothing else: no network, no other file, no setting, bounded memory and time.

SQL from a mapping, a rule or a person runs only in here. The guard says what SQL may be; this says what it
could reach if the guard were wrong.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Self

import duckdb

from agentic_lakehouse.errors import EngineFailed, SettingsInvalid
from agentic_lakehouse.sql.types import literal

Connect = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]

_SETTINGS = (
    "TimeZone='UTC'",
    "enable_progress_bar=false",
    "autoinstall_known_extensions=false",
    "autoload_known_extensions=false",
    "python_enable_replacements=false",
    "temp_directory=''",
    # Or a column without nulls is written as REQUIRED, and files of one table differ in their schema.
    "disabled_optimizers='statistics_propagation'",
)


def in_memory() -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """Return a fresh in-memory database, closed at the end of the `with`."""
    return closing(duckdb.connect(":memory:"))


@contextmanager
def locked(
    connect: Connect,
    paths: Iterable[Path],
    *,
    folder: Path | None = None,
    memory_limit: str,
    threads: int | None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database that can touch exactly `paths`, and close it.

    A locked configuration cannot be opened again: other files need another database.

    Args:
        connect: gives a fresh in-memory database.
        paths: files that may be read or written.
        folder: one that may be read and written as well.
        memory_limit: as DuckDB writes it, such as `2GB`.
        threads: most threads, or `None` for one a core.

    Raises:
        EngineFailed: DuckDB refused.
        SettingsInvalid: the memory limit is none.
    """
    with connect() as connection:
        try:
            with told(connection, paths, memory_limit=memory_limit):
                _lock(connection, paths, folder, memory_limit=memory_limit, threads=threads)
            yield connection
        finally:
            # Some resources close only when nothing was raised.
            connection.close()


@contextmanager
def told(
    connection: duckdb.DuckDBPyConnection,
    paths: Iterable[Path],
    *,
    memory_limit: str,
    timeout_seconds: float | None = None,
) -> Iterator[None]:
    """Bound the time of what is done in the `with`, and translate its errors.

    Args:
        connection: a locked database.
        paths: files whose folders messages shall not name.
        memory_limit: as messages name it.
        timeout_seconds: most time for all that is done in the `with`, or `None` for any.

    Raises:
        EngineFailed: DuckDB refused or failed; the message is its own, without SQL positions and folders.
    """
    with ExitStack() as bounds:
        watch = bounds.enter_context(_Watch(connection, timeout_seconds)) if timeout_seconds is not None else None
        try:
            yield
        except duckdb.Error as error:
            over = timeout_seconds if watch is not None and watch.fired else None
            raise _failure(error, paths, memory_limit, over) from error


def _lock(
    connection: duckdb.DuckDBPyConnection,
    paths: Iterable[Path],
    folder: Path | None,
    *,
    memory_limit: str,
    threads: int | None,
) -> None:
    for setting in _SETTINGS:
        connection.execute(f"SET {setting}")
    try:
        connection.execute(f"SET memory_limit={literal(memory_limit)}")
    except duckdb.Error as error:
        raise SettingsInvalid(
            f"{memory_limit!r} is not an amount of memory.", hint="Set LAKEHOUSE_MEMORY_LIMIT to one such as 2GB."
        ) from error
    if threads is not None:
        connection.execute(f"SET threads={threads}")
    connection.execute(f"SET allowed_paths=[{', '.join(literal(str(path)) for path in paths)}]")
    if folder is not None:
        connection.execute(f"SET allowed_directories=[{literal(str(folder))}]")
    connection.execute("SET enable_external_access=false")
    connection.execute("SET lock_configuration=true")


class _Watch:
    """Interrupts a connection when its time is over, and again until it is left."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="duckdb-watch", daemon=True)
        self.fired = False

    def _run(self) -> None:
        wait = self._seconds
        while not self._over.wait(wait):
            self.fired = True
            self._connection.interrupt()
            # An interrupt between two statements is forgotten by DuckDB.
            wait = 0.2

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def _failure(
    error: duckdb.Error, paths: Iterable[Path], memory_limit: str, timed_out_after: float | None
) -> EngineFailed:
    if timed_out_after is not None and isinstance(error, duckdb.InterruptException):
        return EngineFailed(
            f"The query took longer than {timed_out_after:g} seconds and was stopped.",
            hint="Make it smaller, or raise LAKEHOUSE_QUERY_TIMEOUT_SECONDS.",
            kind="timeout",
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return EngineFailed(
            f"The query needs more than {memory_limit} of memory.",
            hint="Make it smaller, or raise LAKEHOUSE_MEMORY_LIMIT.",
            kind="memory",
        )
    kind, message = _message(error, paths)
    return EngineFailed(f"DuckDB: {message}", hint=_HINTS.get(kind, "Check the SQL and the files."), kind=kind)


_HINTS = {
    "Binder": "Check the names and types of the columns.",
    "Catalog": "Check the names of tables and functions.",
    "Conversion": "A value does not fit its type: use TRY_CAST, or look at the data.",
    "Permission": "SQL sees the tables it was given and nothing else.",
    "Invalid": "If its configuration is locked: give each call a fresh in-memory database.",
}


def _message(error: duckdb.Error, paths: Iterable[Path]) -> tuple[str, str]:
    """Return DuckDB's kind of error and its message, without the SQL, positions and folders."""
    text = str(error).split("\n\nLINE ")[0].split("\n\n")[0].strip()
    match = re.match(r"(\w+)(?: [A-Za-z]+)* Error: (.*)", text, re.DOTALL)
    kind, message = (match[1], match[2]) if match else (type(error).__name__.removesuffix("Exception"), text)
    for folder in sorted({str(path.parent) for path in paths}, key=len, reverse=True):
        message = message.replace(f"{folder}/", "")
    return kind, " ".join(message.split())
