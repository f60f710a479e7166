"""The review token: whoever decides must hold it, where one is set. Only its salted hash is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime

import sqlalchemy as sa

from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.governed_rows import REVIEW_KEY

_ONE = 1


class ReviewKey:
    """What the token that deciding needs is compared with."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def is_set(self) -> bool:
        """Whether deciding needs a token."""
        with self._database.read() as connection:
            return _row(connection) is not None

    def accepts(self, token: str) -> bool:
        """Whether a token is the one that is set; none is where none is set."""
        with self._database.read() as connection:
            row = _row(connection)
        return row is not None and hmac.compare_digest(row["hash"], _hash(token, row["salt"]))

    def set_first(self, token: str) -> bool:
        """Set the token where none is set; say whether it was."""
        salt = secrets.token_hex(16)
        values = {"id": _ONE, "salt": salt, "hash": _hash(token, salt), "set_at": datetime.now(UTC)}
        with self._database.write() as connection:
            if _row(connection) is not None:
                return False
            connection.execute(REVIEW_KEY.insert().values(values))
        return True

    def remove(self) -> None:
        """Let deciding need no token."""
        with self._database.write() as connection:
            connection.execute(REVIEW_KEY.delete())


def _row(connection: sa.Connection) -> sa.RowMapping | None:
    return connection.execute(sa.select(REVIEW_KEY)).mappings().first()


def _hash(token: str, salt: str) -> str:
    """Hash as RFC 7914 (scrypt) does, with the parameters that it gives for interactive use."""
    return hashlib.scrypt(token.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()
