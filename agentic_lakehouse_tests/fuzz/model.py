"""What the lake should hold, told by plain Python: no tables, no files, no transactions.

A feed's state on main is which deliveries are published under which rules. Everything that can be read
follows from that, so a state and what is read of the lake can be compared at any time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from agentic_lakehouse.contracts.feed import Feed

Row = tuple[str, str, str]
"""Number, title and price of an item, as they stand in a file."""
Place = tuple[int, int]
"""Ordinal of a delivery, and a row's number in it."""
Price = Decimal | str
"""Empty where an item has none."""
Item = tuple[str, str, Price, int, int]


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
    replay: bool = False

    @property
    def has_bad_rows(self) -> bool:
        """Whether a strict spec finds fault with any."""
        return not all(is_priced(row) for row in self.rows)


@dataclass(frozen=True)
class State:
    """A feed on main."""

    published: Mapping[int, str] = field(default_factory=dict)
    """Ordinal of a delivery to how its rows came in: read under the `strict` or the `lenient` spec, or `replayed`,
    where those that the strict one refused were run again under the lenient one."""
    rules: Rules | None = None
    left: Rules | None = None
    """Rules that a rollback turned away from."""


@dataclass
class FeedModel:
    """One feed: its files, its ledger, the rules in force and its state on main."""

    feed: Feed
    rules: Rules
    spec: str = "strict"
    """Name of the spec that was approved last, or that a rollback put in force again."""
    active: tuple[str, str] | None = None
    """Mapping and spec in force; `None` before the first publish."""
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
        return [n for n, d in enumerate(self.deliveries, 1) if d.status == "pending" or d.redo or d.replay]

    @property
    def rules_changed(self) -> bool:
        """Whether the slice would be folded anew though nothing was delivered."""
        return self.state.rules is not None and self.rules not in {self.state.rules, self.state.left}

    @property
    def has_work(self) -> bool:
        """Whether a run would do anything."""
        return bool(self.fresh() or self.waiting() or self.rules_changed)

    def open_rows(self) -> set[int]:
        """Return the ordinals of deliveries of which bad rows wait."""
        return {n for n, how in self.state.published.items() if how == "strict" and self.deliveries[n - 1].has_bad_rows}

    def bad_rows_that_move(self) -> list[int]:
        """Return the ordinals of deliveries of which kept rows would be told otherwise now."""
        moved = self.open_rows() if self.spec == "lenient" else set()
        if self.state.rules not in {None, self.rules}:
            moved |= {place[0] for place in self.mapping_errors(self.state)}
        return sorted(moved)

    def publish(self, specs: list[str]) -> None:
        """Bring what waits to main, each delivery under its spec, and all under the rules in force."""
        published, spec = dict(self.state.published), self.active[1] if self.active else self.spec
        for number in self.waiting():
            delivery, spec = self.deliveries[number - 1], specs[number - 1]
            if delivery.status != "published" or delivery.redo:
                published[number] = spec
            elif published[number] == "strict" and spec == "lenient":
                published[number] = "replayed"
            delivery.status, delivery.redo, delivery.replay = "published", False, False
        self.state = State(published, self.rules)
        self.active = (self.rules.mapping, spec)

    def go_back(self, then: State) -> None:
        """Stand as once; what was published since is withdrawn."""
        for number, delivery in enumerate(self.deliveries, 1):
            before = delivery.status
            if number in then.published:
                delivery.status = "published"
            elif delivery.status == "published":
                delivery.status = "withdrawn"
            delivery.redo = delivery.redo and delivery.status == before
            delivery.replay = delivery.replay and delivery.status == before
        self.state = replace(then, left=self.state.rules)
        if then.rules is not None and self.active is not None:
            mapping, spec = self.active
            if self.rules.mapping == mapping:  # else another one is approved, and waits for a run
                self.rules = replace(self.rules, mapping=then.rules.mapping)
            stood = "strict" if then.published and then.published[max(then.published)] == "strict" else "lenient"
            stood = stood if then.published else spec
            self.spec = stood if self.spec == spec else self.spec
            self.active = (then.rules.mapping, stood)

    def bronze(self, state: State) -> Counter[tuple[int, int, str, str, Price]]:
        """Return typed rows of published deliveries."""
        return Counter((*place, *typed(row)) for place, row in self._loaded(state))

    def ingest_errors(self, state: State) -> Counter[tuple[int, int, str]]:
        """Return where rows stand that did not fit their spec, and whether they fit by now."""
        found = [(place, state.published[place[0]]) for place, row in self._rows(state) if not is_priced(row)]
        became = {"strict": "open", "replayed": "replayed"}
        return Counter((*place, became[how]) for place, how in found if how in became)

    def mapping_errors(self, state: State) -> Counter[tuple[int, int, str]]:
        """Return where rows stand that break a rule, and which."""
        found = [(*place, rule) for place, row in self._loaded(state) for rule in broken(row)]
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
        return ((place, row) for place, row in self._loaded(state) if not broken(row))

    def _loaded(self, state: State) -> Iterator[tuple[Place, Row]]:
        for place, row in self._rows(state):
            if is_priced(row) or state.published[place[0]] != "strict":
                yield place, row

    def _rows(self, state: State) -> Iterator[tuple[Place, Row]]:
        for number in sorted(state.published):
            for place, row in enumerate(self.deliveries[number - 1].rows, 1):
                yield (number, place), row


def is_priced(row: Row) -> bool:
    """Whether a row's price is a number."""
    return row[2] != "auf Anfrage"


def broken(row: Row) -> list[str]:
    """Return the rules of the standard that a row breaks."""
    found = [] if row[0] else ["sku_required"]
    return [*found, "price_minimum"] if row[2].startswith("-") else found


def typed(row: Row) -> tuple[str, str, Price]:
    """Read a row as the spec says."""
    return row[0], row[1], Decimal(row[2].replace(",", ".")) if is_priced(row) else ""


def mapped(row: Row, place: Place, mapping: str) -> Item:
    """Map a row as one of the three mappings does."""
    sku, title, price = typed(row)
    title = title.upper() if mapping == "loud" else title
    return sku, title, price * 2 if mapping == "double" and isinstance(price, Decimal) else price, *place
