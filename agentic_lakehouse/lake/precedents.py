"""Precedents: entered with the decision that sets them, read for the next vendor, withdrawn with what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from agentic_lakehouse.contracts.governed import Proposal, Review
from agentic_lakehouse.contracts.precedent import Precedent
from agentic_lakehouse.errors import ReviewRefused
from agentic_lakehouse.lake import proposals
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.governed_rows import PROPOSALS, REVIEWS
from agentic_lakehouse.lake.precedent_rows import PRECEDENTS
from agentic_lakehouse.lake.records import records, values_of

_P = PRECEDENTS.c
MAX_READ = 20_000
"""Precedents of one standard that are read, the newest: vocabularies are finite, and so is patience."""


def enter(connection: sa.Connection, learned: Iterable[Precedent]) -> None:
    """Enter what a decision teaches, in its transaction."""
    rows = [values_of(precedent) for precedent in learned]
    if rows:
        connection.execute(PRECEDENTS.insert(), rows)


class Precedents:
    """What people's decisions taught so far."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_standard(self, standard: str, *, language: str = "") -> list[Precedent]:
        """Return what counts for a standard, oldest first.

        Args:
            standard: full name of its table.
            language: of a vendor: what was learned in other languages is left out; all where empty.
        """
        wanted = [_P.standard == standard, _P.withdrawn_by == ""]
        if language:
            wanted.append(_P.language.in_([language, ""]))
        query = sa.select(PRECEDENTS).where(*wanted).order_by(_P.seq.desc()).limit(MAX_READ)
        with self._database.read() as connection:
            return records(connection, Precedent, query)[::-1]

    def all(self) -> list[Precedent]:
        """Return every precedent, those that were withdrawn as well, oldest first."""
        with self._database.read() as connection:
            return records(connection, Precedent, sa.select(PRECEDENTS).order_by(_P.seq))

    def undo(self, undone: Sequence[Proposal], review: Review) -> None:
        """Take decisions back: what they taught counts no more, and what stands because of them stands no more.

        Args:
            undone: the proposal that was wrongly decided on, first, and those that came of it, as they were seen.
            review: in whose name, and why; entered for each.

        Raises:
            ReviewRefused: one of them was changed meanwhile.
        """
        wrong, claims = undone[0], sa.tuple_(_P.key, _P.target, _P.value)
        taught = sa.select(_P.key, _P.target, _P.value).where(_P.proposal_id == wrong.id)
        with self._database.write() as connection:
            for seen in undone:
                now = proposals.get(connection, seen.id)
                if now.status != seen.status:
                    raise ReviewRefused(
                        f"Proposal {seen.id} of {seen.feed} is {now.status} by now.",
                        hint="Undo once more.",
                        proposal_id=seen.id,
                        status=now.status,
                    )
                entered = review.model_copy(update={"proposal_id": seen.id, "sha256": seen.sha256})
                connection.execute(REVIEWS.insert().values(values_of(entered)))
                if now.status in {"proposed", "approved", "active"}:
                    connection.execute(PROPOSALS.update().where(PROPOSALS.c.id == seen.id).values(status="superseded"))
            ids = [seen.id for seen in undone]
            of_them = sa.or_(_P.proposal_id == wrong.id, sa.and_(_P.proposal_id.in_(ids), claims.in_(taught)))
            pairs = connection.execute(sa.select(_P.seq).where(of_them, _P.withdrawn_by == "")).scalars().all()
            connection.execute(PRECEDENTS.update().where(_P.seq.in_(pairs)).values(withdrawn_by=review.by))
