"""What the tables of the catalog database are made of."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

METADATA = sa.MetaData()
"""Every table that the lake adds to the database."""


def seq() -> sa.Column[int]:
    """Return a column that numbers rows in the order they were entered."""
    return sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True)


def text(name: str, **options: Any) -> sa.Column[str]:
    """Return a column of text that is never null."""
    return sa.Column(name, sa.Text, nullable=False, **options)


def long(name: str, **options: Any) -> sa.Column[int]:
    """Return a column of whole numbers that is never null."""
    return sa.Column(name, sa.BigInteger, nullable=False, **options)
