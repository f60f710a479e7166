"""What the lake should hold, told by plain Python: no tables, no files, no transactions.

A feed's state on main is which deliveries are published under which rules. Everything that can be read
follows from that, so a state and what is read of the lake can be compared at any time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from agentic_lakehouse.contracts.feed import Feed

Row = tuple[str, str, str]
"""Number, title and price of an item, as they stand in a file."""
Place = tuple[int, int]
"""Ordinal of a delivery, and a row's number in it."""
Item = tuple[str, str, Decimal, int, int]


@dataclass(frozen=True)
class Rules:
    """What a slice is a function of, besides bronze."""

    mapping: str
    full: bool = False
    """Whether each delivery holds everything that the vendor has."""


@dataclass
class Delivery:
    """One file as it was at one time."""

    path: str
    rows: tuple[Row, ...]
    status: str = "pending"
    redo: bool = False


@dataclass(frozen=True)
class State:
    """A feed on main."""

    published: frozenset[int] = frozenset()
    rules: Rules | None = None
    left: Rules | None = None
    """Rules that a rollback turned away from."""


@dataclass
class FeedModel:
    """One feed: its files, its ledger, the rules in force and its state on main."""

    feed: Feed
    rules: Rules
    files: dict[str, tuple[int, tuple[Row, ...]]] = field(default_factory=dict)
    """Path to time and rows, as they stand in the landing zone."""
    seen: dict[str, tuple[int, tuple[Row, ...]]] = field(default_factory=dict)
    """The same, as the ledger knows them."""
    deliveries: list[Delivery] = field(default_factory=list)
    state: State = State()

    def fresh(self) -> list[str]:
        """Return paths that changed since they were last looked at, in the order of their times."""
        changed = [(time, path) for path, (time, rows) in self.files.items() if self.seen.get(path) != (time, rows)]
        return [path for _, path in sorted(changed)]

    def receive(self, upto: int | None = None) -> None:
        """Enter new files in the ledger; the first `upto` of them alone, where a crash left the rest."""
        for path in self.fresh()[:upto]:
            time, rows = self.files[path]
            latest = [d for d in self.deliveries if d.path == path][-1:]
            if not latest or latest[0].rows != rows:
                self.deliveries.append(Delivery(path, rows))
            self.seen[path] = (time, rows)

    def waiting(self) -> list[int]:
        """Return the ordinals of deliveries that a publish would bring."""
        return [n for n, d in enumerate(self.deliveries, 1) if d.status == "pending" or d.redo]

    @property
    def rules_changed(self) -> bool:
        """Whether the slice would be folded anew though nothing was delivered."""
        return self.state.rules is not None and self.rules not in {self.state.rules, self.state.left}

    @property
    def has_work(self) -> bool:
        """Whether a run would do anything."""
        return bool(self.fresh() or self.waiting() or self.rules_changed)

    def publish(self) -> None:
        """Bring what waits to main, under the rules in force."""
        waiting = self.waiting()
        self.state = State(self.state.published | set(waiting), self.rules)
        for number in waiting:
            self.deliveries[number - 1].status, self.deliveries[number - 1].redo = "published", False

    def go_back(self, then: State) -> None:
        """Stand as once; what was published since is withdrawn."""
        for number, delivery in enumerate(self.deliveries, 1):
            before = delivery.status
            if number in then.published:
                delivery.status = "published"
            elif delivery.status == "published":
                delivery.status = "withdrawn"
            delivery.redo = delivery.redo and delivery.status == before
        self.state = replace(then, left=self.state.rules)

    def bronze(self, state: State) -> Counter[tuple[int, int, str, str, Decimal]]:
        """Return typed rows of published deliveries."""
        return Counter((*place, *typed(row)) for place, row in self._rows(state) if fits(row))

    def ingest_errors(self, state: State) -> Counter[Place]:
        """Return where rows stand that do not fit their spec."""
        return Counter(place for place, row in self._rows(state) if not fits(row))

    def mapping_errors(self, state: State) -> Counter[tuple[int, int, str]]:
        """Return where rows stand that break a rule, and which."""
        found = [(*place, rule) for place, row in self._rows(state) if fits(row) for rule in broken(row)]
        last: dict[tuple[int, str], int] = {}
        for (delivery, number), row in self._accepted(state):
            if (delivery, row[0]) in last:
                found.append((delivery, last[delivery, row[0]], "duplicate_key"))
            last[delivery, row[0]] = number
        return Counter(found)

    def core(self, state: State) -> Counter[Item]:
        """Return the feed's slice: the latest accepted version of each item that no later full delivery lacks."""
        latest = {row[0]: (place, row) for place, row in self._accepted(state)}
        return Counter(
            mapped(row, place, state.rules.mapping)
            for sku, (place, row) in latest.items()
            if state.rules and not (state.rules.full and self._removed(sku, place[0], state))
        )

    def _removed(self, sku: str, delivery: int, state: State) -> bool:
        later = [self.deliveries[number - 1].rows for number in state.published if number > delivery]
        return any(sku not in {row[0] for row in rows} and all(row[0] for row in rows) for rows in later)

    def _accepted(self, state: State) -> Iterator[tuple[Place, Row]]:
        return ((place, row) for place, row in self._rows(state) if fits(row) and not broken(row))

    def _rows(self, state: State) -> Iterator[tuple[Place, Row]]:
        for number in sorted(state.published):
            for place, row in enumerate(self.deliveries[number - 1].rows, 1):
                yield (number, place), row


def fits(row: Row) -> bool:
    """Whether a row's price is a number."""
    return row[2] != "auf Anfrage"


def broken(row: Row) -> list[str]:
    """Return the rules of the standard that a row breaks."""
    found = [] if row[0] else ["sku_required"]
    return [*found, "price_minimum"] if typed(row)[2] < 0 else found


def typed(row: Row) -> tuple[str, str, Decimal]:
    """Read a row as the spec says."""
    return row[0], row[1], Decimal(row[2].replace(",", "."))


def mapped(row: Row, place: Place, mapping: str) -> Item:
    """Map a row as one of the three mappings does."""
    sku, title, price = typed(row)
    title = title.upper() if mapping == "loud" else title
    return sku, title, price * 2 if mapping == "double" else price, *place
