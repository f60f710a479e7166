"""Which policies were in force from when to when: entered when a run first sees them, or put in by a person.

Versions are only ever added. Of a row that stands nothing changes but that, and when, it ceased to be in force.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from agentic_lakehouse.contracts.base import Contract
from agentic_lakehouse.contracts.policy_version import Origin, PolicyKind, PolicyVersion
from agentic_lakehouse.contracts.rule_set import RuleSet
from agentic_lakehouse.contracts.rules_in_force import version_of
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.policy_rows import POLICIES
from agentic_lakehouse.lake.records import records, values_of

_P = POLICIES.c
LAKEHOUSE = "lakehouse"


def put_in(connection: sa.Connection) -> list[PolicyVersion]:
    """Return the rule sets that people put in and nobody retired, by name."""
    return sorted(_open(connection, "rule_set", "put"), key=lambda p: p.name)


class Policies:
    """`governance.policies` as typed values."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def versions(self, kind: PolicyKind | None = None, name: str | None = None) -> list[PolicyVersion]:
        """Return versions, oldest first, those of a kind or name alone where one is given."""
        wanted = [column == value for column, value in ((_P.kind, kind), (_P.name, name)) if value is not None]
        with self._database.read() as connection:
            return records(connection, PolicyVersion, sa.select(POLICIES).where(*wanted).order_by(_P.seq))

    def put_in(self) -> list[PolicyVersion]:
        """Return the rule sets that people put in and nobody retired, by name."""
        with self._database.read() as connection:
            return put_in(connection)

    def put(self, rule_set: RuleSet, *, by: str, note: str = "") -> PolicyVersion:
        """Put a rule set in: from now on it goes before another of its name, put in or of a file.

        Raises:
            UsageInvalid: just this one stands already.
        """
        with self._database.write() as connection:
            stands = [p for p in _open(connection, "rule_set", "put") if p.name == rule_set.name]
            if any(p.sha256 == rule_set.sha256 for p in stands):
                raise UsageInvalid(f"The rule set {rule_set.name!r} stands already as it is.", name=rule_set.name)
            _close(connection, stands, by=by)
            return _enter(
                connection, described("rule_set", rule_set, name=rule_set.name, origin="put", by=by, note=note)
            )

    def retire(self, name: str, *, by: str) -> PolicyVersion:
        """Take out a rule set that was put in; a file of its name counts again.

        Raises:
            UsageInvalid: none of that name was put in, or it is retired.
        """
        with self._database.write() as connection:
            stands = [p for p in _open(connection, "rule_set", "put") if p.name == name]
            if not stands:
                raise UsageInvalid(
                    f"No rule set {name!r} is put in.",
                    hint="`lakehouse rules list` shows those that are; one of a file is taken out with its file.",
                    name=name,
                )
            _close(connection, stands, by=by)
            return stands[-1]

    def see(self, found: Sequence[PolicyVersion]) -> None:
        """Enter what a run found in files, where it was not known; what it found no longer has left.

        Args:
            found: everything that is in force by files; versions and times are given here.
        """
        seen = {(p.kind, p.name, p.sha256) for p in found}
        with self._database.read() as connection:
            if _known(connection) == seen:
                return
        with self._database.write() as connection:
            stands = _by_files(connection)
            _close(connection, [p for p in stands if (p.kind, p.name, p.sha256) not in seen], by=LAKEHOUSE)
            known = {(p.kind, p.name, p.sha256) for p in stands}
            for policy in found:
                if (policy.kind, policy.name, policy.sha256) not in known:
                    _enter(connection, policy)

    def note_in_force(self, rule_sets: Sequence[RuleSet]) -> None:
        """Enter rule sets that rows are conformed under together, by the sha256 that the rows have."""
        sha256 = version_of(rule_sets)
        query = sa.select(_P.seq).where(_P.kind == "rules_in_force", _P.sha256 == sha256)
        with self._database.read() as connection:
            if connection.execute(query).first() is not None:
                return
        with self._database.write() as connection:
            if connection.execute(query).first() is None:
                content = {"rule_sets": [{"name": s.name, "sha256": s.sha256} for s in rule_sets]}
                _enter(
                    connection,
                    PolicyVersion(
                        kind="rules_in_force",
                        name=" + ".join(s.name for s in rule_sets),
                        version=0,
                        sha256=sha256,
                        origin="file",
                        content=content,
                        by=LAKEHOUSE,
                        entered_at=datetime.now(UTC),
                    ),
                )


def described(
    kind: PolicyKind,
    content: Contract,
    *,
    name: str,
    origin: Origin = "file",
    by: str = LAKEHOUSE,
    note: str = "",
) -> PolicyVersion:
    """Return a contract as a version that is still to be numbered."""
    dates = {f: getattr(content, f) for f in ("owner", "effective_from", "effective_until") if hasattr(content, f)}
    return PolicyVersion(
        kind=kind,
        name=name,
        version=0,
        sha256=content.sha256,
        origin=origin,
        content=content.model_dump(mode="json"),
        by=by,
        note=note,
        entered_at=datetime.now(UTC),
        **dates,
    )


def _by_files(connection: sa.Connection) -> list[PolicyVersion]:
    return [p for kind in ("rule_set", "policy", "standard") for p in _open(connection, kind, "file")]


def _known(connection: sa.Connection) -> set[tuple[str, str, str]]:
    query = sa.select(_P.kind, _P.name, _P.sha256).where(
        _P.origin == "file", _P.left_at.is_(None), _P.kind != "rules_in_force"
    )
    return {(kind, name, sha256) for kind, name, sha256 in connection.execute(query)}


def _open(connection: sa.Connection, kind: str, origin: Origin) -> list[PolicyVersion]:
    query = sa.select(POLICIES).where(_P.kind == kind, _P.origin == origin, _P.left_at.is_(None)).order_by(_P.seq)
    return records(connection, PolicyVersion, query)


def _close(connection: sa.Connection, versions: Collection[PolicyVersion], *, by: str) -> None:
    for p in versions:
        this = (_P.kind == p.kind, _P.name == p.name, _P.version == p.version)
        connection.execute(POLICIES.update().where(*this).values(left_at=datetime.now(UTC), left_by=by))


def _enter(connection: sa.Connection, policy: PolicyVersion) -> PolicyVersion:
    query = sa.select(sa.func.max(_P.version)).where(_P.kind == policy.kind, _P.name == policy.name)
    last: int = connection.execute(query).scalar() or 0
    numbered = policy.model_copy(update={"version": last + 1})
    connection.execute(POLICIES.insert().values(values_of(numbered)))
    return numbered
