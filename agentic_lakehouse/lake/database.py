"""The catalog database: one SQL database that is the truth about the lake.

SQLite by default, Postgres for many hosts. Readers see a snapshot and never wait; writers come one at
a time on either, so that what a write transaction reads stays true until it commits.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from json import JSONDecodeError
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from agentic_lakehouse.errors import CatalogUnavailable, SettingsInvalid

BUSY_SECONDS = 60.0
"""How long a writer waits for the one before it. Write transactions hold no file I/O: they take milliseconds."""

WRITERS_LOCK = 0x6C616B65
"""Key of the Postgres advisory lock that lets one writer in ("lake" in ASCII)."""

HINTS = {
    "locked": "Another process holds the database for very long: see who does, then run this again.",
    "readonly": "The database and its folder must be writable by this user.",
    "unable to open": "Check LAKEHOUSE_CATALOG_URI, and that its folder is writable by this user.",
    "malformed": "The file is damaged: restore it from a backup; data files in the warehouse are untouched.",
    "not a database": "LAKEHOUSE_CATALOG_URI names a file that is not an SQLite database.",
    "full": "Free some space on the disk that holds the database.",
}
"""What to do, by what a driver's message says."""


class Database:
    """An open catalog database."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        # Whoever forgets to close it leaves no connection open: a server has only so many.
        weakref.finalize(self, engine.dispose)

    @classmethod
    def open(cls, url: str, *, busy_seconds: float = BUSY_SECONDS) -> Database:
        """Find the database at an SQLAlchemy URL; an SQLite file's folder is made where absent.

        Nothing is read, and no SQLite file is made, before `read` or `write`.

        Args:
            url: of an SQLite file or a Postgres database.
            busy_seconds: how long a writer waits for the one before it.

        Raises:
            SettingsInvalid: the URL names no database that a lake can stand in.
            CatalogUnavailable: the folder cannot be made.
        """
        parsed = _parse(url)
        if parsed.get_backend_name() != "sqlite":
            return cls(_engine(parsed))
        path = _path(parsed)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CatalogUnavailable(
                f"The folder {path.parent} of the catalog database cannot be made: {error.strerror}.",
                hint=HINTS["unable to open"],
                path=str(path),
            ) from error
        engine = _engine(parsed.set(database=str(path)), connect_args={"timeout": busy_seconds})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return cls(engine)

    @classmethod
    def look(cls, url: str) -> Database:
        """Find the database to read it alone: nothing is made where it is absent, and no writer is waited for.

        Raises:
            SettingsInvalid: the URL names no database that a lake can stand in.
        """
        parsed = _parse(url)
        if parsed.get_backend_name() != "sqlite":
            return cls(_engine(parsed))
        path = _path(parsed)
        connect = partial(sqlite3.connect, f"{path.as_uri()}?mode=ro", uri=True, check_same_thread=False)
        engine = _engine(parsed.set(database=str(path)), creator=connect)
        sa.event.listen(engine, "connect", _leave_transactions_to_us)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return cls(engine)

    @property
    def place(self) -> str:
        """Where it is, as errors may say it: a path, or a URL without its password."""
        url = self.engine.url
        return str(url.database) if self._is_sqlite else url.render_as_string(hide_password=True)

    @property
    def is_absent(self) -> bool:
        """Whether it is an SQLite file that is not there: to read it would make it."""
        return self._is_sqlite and not Path(self.place).exists()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one snapshot.

        Raises:
            CatalogUnavailable: the database cannot be read.
        """
        with self.told(), self.engine.connect() as connection:
            if not self._is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give a connection in a transaction that no other writer runs beside; commit it where nothing is raised.

        Raises:
            CatalogUnavailable: the database cannot be written.
        """
        with self.told(), self.engine.connect() as connection:
            connection.execution_options(lake_writes=True)
            with connection.begin():
                if not self._is_sqlite:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITERS_LOCK)))
                yield connection

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell what the driver complains of in our words; for code that uses `engine` itself.

        Raises:
            CatalogUnavailable: in place of a driver's error about the database as a whole, or of rows that are garbled.
        """
        try:
            yield
        except DatabaseError as error:
            # Integrity, data and programming errors are our own faults, and subclasses: they pass.
            if not isinstance(error, OperationalError) and type(error) is not DatabaseError:
                raise
            said = str(error.orig)
            hint = next((hint for sign, hint in HINTS.items() if sign in said.lower()), "Run `lakehouse doctor`.")
            raise CatalogUnavailable(
                f"The catalog database {self.place} cannot be used: {said.strip()}.", hint=hint, url=self.place
            ) from error
        except (UnicodeDecodeError, JSONDecodeError, ValidationError) as error:
            # SQLite notices damage to the structure of its file, not to what its rows hold.
            said = str(error).partition("\n")[0]
            raise CatalogUnavailable(
                f"The catalog database {self.place} holds what cannot be read: {said}.",
                hint=HINTS["malformed"],
                url=self.place,
            ) from error

    def require_sound(self) -> None:
        """Demand that SQLite finds no fault in its own file, or that a server answers.

        Raises:
            CatalogUnavailable: says what is wrong.
        """
        with self.read() as connection:
            said = connection.exec_driver_sql("PRAGMA quick_check(1)" if self._is_sqlite else "SELECT 'ok'").scalar()
        if said != "ok":
            raise CatalogUnavailable(
                f"The catalog database {self.place} is damaged: {said}.", hint=HINTS["malformed"], url=self.place
            )

    def close(self) -> None:
        """Close every connection; the object can still be used and then connects anew."""
        self.engine.dispose()


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except ArgumentError as error:
        raise SettingsInvalid(
            "LAKEHOUSE_CATALOG_URI is not an SQLAlchemy URL.",
            hint="Write it as `sqlite:////folder/catalog.db` or `postgresql+psycopg://user@host/name`.",
        ) from error
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise SettingsInvalid(
            f"The catalog database cannot be {parsed.get_backend_name()!r}.", hint="Use SQLite or Postgres."
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise SettingsInvalid(
            "The catalog database must be a file: one in memory cannot be shared between processes.",
            hint="Write LAKEHOUSE_CATALOG_URI as `sqlite:////folder/catalog.db`.",
        )
    return parsed


def _engine(url: sa.URL, **options: Any) -> sa.Engine:
    try:
        return sa.create_engine(url, **options)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise SettingsInvalid(
            f"No driver for {url.drivername!r} is installed.",
            hint="Install the extra `postgres` and write the URL as `postgresql+psycopg://…`.",
            driver=url.drivername,
        ) from error


def _path(parsed: sa.URL) -> Path:
    return Path(parsed.database or "").expanduser().absolute()


def _leave_transactions_to_us(connection: Any, _: object) -> None:
    """The driver by itself begins transactions late, and never immediately; see `_begin_sqlite`."""
    connection.isolation_level = None


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Let readers and one writer work side by side."""
    _leave_transactions_to_us(connection, _)
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        _switch_to_wal(connection)
    connection.execute("PRAGMA foreign_keys = ON")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Switch a new file; of several processes that do so at once SQLite lets one, and refuses the others unheard."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        else:
            return
        # This one does wait, until the other is done.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")


def _begin_sqlite(connection: sa.Connection) -> None:
    """Take the write lock at once where writing is meant: a reader that turns writer can be refused at any time."""
    writes = connection.get_execution_options().get("lake_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
