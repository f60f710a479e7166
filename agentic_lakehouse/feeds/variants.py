"""Find rows that continue the row above: what a shop export says once, on the first row of a product.

The layout is told by structure alone. Some column, a handle, names the product on each row, its equal values standing
together. Others (title, vendor, description) are filled on the first row of such a group and blank on the rest of it.
Blanks that stand anywhere would hardly stand just there: how hardly is what the finding rests on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import lgamma, log

import polars as pl

from agentic_lakehouse.contracts.profile import ColumnProfile, Variants
from agentic_lakehouse.feeds.fill_down import blank_to_null, starts_of
from agentic_lakehouse.feeds.vocabulary import BOOLEAN_PAIRS, NULL_WORDS, SOFT_NULL_WORDS

NEARLY_ALL = 0.9
"""Share of first rows on which a column is filled, and of later rows on which it is blank."""
CHANCE = 1e-5
"""Greatest chance that blanks which stand anywhere stand where they do, for a layout to be believed."""
WITNESSES = 3
"""Columns whose chances are multiplied, at most: the blanks of a row are no independent events."""
MANY_GROUPS, FAIR_SHARE = 5, 0.03
"""Groups of several rows that are enough in any file, and their share of all groups that is enough in a small one."""
MAX_PAIRS = 6_000
"""Pairs of a handle and another column that are compared in a batch: of a very wide file, only the first columns that
make groups are held for handles."""
MIN_LATER = 2
"""Rows that continue another, at least."""
NAMING = 0.5
"""Distinct values, for each group, of a column that says what the group is. Marks on the best row of a group do not."""
ESTIMATE = 0.03
"""How far an estimated number of distinct values may be off."""
MARKS = {"x", "*", "✓", "✔"} | {true for true, _ in BOOLEAN_PAIRS} - {"true"}
"""Words that, where a column holds nothing else, mark a row: its blanks are the `no`. What writes `true` writes
`false`, too."""
_NULLS = NULL_WORDS | SOFT_NULL_WORDS


class VariantSearch:
    """Looks for groups of rows by each column at once; a column that cannot be a handle is soon let go."""

    def __init__(self, names: Sequence[str]) -> None:
        self._groupings = [_Grouping(name, [n for n in names if n != name]) for name in names]

    def add(self, rows: pl.DataFrame) -> None:
        """Take in the rows of one batch."""
        if self._groupings and not rows.is_empty():
            cells = rows.select(blank_to_null(pl.all()))
            values = {name: cells.height - nulls for name, nulls in cells.null_count().row(0, named=True).items()}
            self._groupings = [*self._that_go_on(cells, values)]

    def _that_go_on(self, cells: pl.DataFrame, values: Mapping[str, int]) -> Iterator[_Grouping]:
        room = max(1, MAX_PAIRS // cells.width)
        for grouping in self._groupings:
            if grouping.goes_on(cells, values):
                yield grouping
            room -= grouping.later > 0
            if not room:
                return

    def found(self, columns: Sequence[ColumnProfile], exact: Collection[str]) -> Variants | None:
        """Return the grouping that the most columns speak for; `None` where the file proves none.

        Args:
            columns: measured over the whole file.
            exact: columns whose `distinct` is exact.
        """
        measured = {c.source_name: c for c in columns}
        proved = []
        for grouping in self._groupings:
            key = measured[grouping.name]
            off = 0.0 if grouping.name in exact else ESTIMATE * key.distinct
            if not key.nulls and abs(grouping.groups - key.distinct) <= off and _may_name(key):
                proved.append((grouping, grouping.filled(measured)))
        # Where two columns nearly agree, such as a handle and a price, blanks fit the true one better.
        best, chances = min(proved, key=lambda found: (-len(found[1]), sum(found[1].values())), default=(None, {}))
        if best is None or not chances:
            return None
        return Variants(group=best.name, filled={name: best.gains[name] for name in chances})


@dataclass
class _Grouping:
    """What the rows show if equal values of one column make groups."""

    name: str
    open: list[str]
    """The other columns, as far as they may stand on first rows only."""
    groups: int = 0
    several: int = 0
    """Groups of several rows."""
    later: int = 0
    """Rows that are not the first of their group."""
    telling: int = 0
    """Later rows that hold a value which the first row of their group does not."""
    values: Counter[str] = field(default_factory=Counter)
    """For each column, cells that are not blank."""
    repeats: Counter[str] = field(default_factory=Counter)
    """The same, on later rows."""
    gains: Counter[str] = field(default_factory=Counter)
    """For each column, cells of later rows that have a value only once they are filled down."""
    _above: pl.DataFrame | None = None
    """First row of the group that the last batch ended in."""
    _above_is_several: bool = False

    def goes_on(self, cells: pl.DataFrame, values: Mapping[str, int]) -> bool:
        """Take in a batch; say whether the column may still be a handle.

        Args:
            cells: trimmed, null where blank.
            values: number of cells of each column that are not blank.
        """
        if values[self.name] < cells.height:
            return False
        joined = cells if self._above is None else pl.concat([self._above, cells])
        starts = starts_of(joined[self.name])
        begins = starts.arg_true()
        if joined[self.name].n_unique() < len(begins):
            return False
        opening = begins.gather(starts.cum_sum() - 1).filter(~starts)
        self._count(values, opening, groups=len(begins) - (self._above is not None))
        # Each first row holds one value at most: the others are repeats.
        self.open = [n for n in self.open if self._is_blank_below(self.values[n] - self.groups)]
        if self._has_prospects and len(opening):
            self._compare(joined.filter(~starts), joined[opening])
        last = int(begins[-1])
        self._above_is_several = last < joined.height - 1 or (last == 0 and self._above_is_several)
        self._above = joined[last]
        return self._has_prospects

    @property
    def _has_prospects(self) -> bool:
        """Whether some column may yet prove to be filled down; those without any value so far prove nothing."""
        return bool(self.open) and (not self.later or any(self.values[name] for name in self.open))

    def _count(self, values: Mapping[str, int], opening: pl.Series, *, groups: int) -> None:
        self.groups += groups
        self.later += len(opening)
        self.several += opening.n_unique() - (self._above_is_several and bool((opening == 0).any()))
        self.values.update(values)

    def _compare(self, laters: pl.DataFrame, openings: pl.DataFrame) -> None:
        """Hold later rows against the first row of their group, all columns in one query."""
        at = {name: place for place, name in enumerate(laters.columns)}
        laters.columns = [f"later{place}" for place in at.values()]
        openings.columns = [f"opening{place}" for place in at.values()]
        asked = [pl.any_horizontal(map(_differs, at.values())).sum().alias("telling")]
        for name in self.open:
            place = at[name]
            cell, opening = pl.col(f"later{place}"), pl.col(f"opening{place}")
            is_value = opening.is_not_null() & ~opening.str.to_lowercase().is_in(list(_NULLS))
            asked += [
                _differs(place).any().alias(f"differs{place}"),
                cell.count().alias(f"repeats{place}"),
                (cell.is_null() & is_value).sum().alias(f"gains{place}"),
            ]
        found = pl.concat([laters, openings], how="horizontal").select(asked).row(0, named=True)
        self.telling += found["telling"]
        for name in self.open:
            self.repeats[name] += found[f"repeats{at[name]}"]
            self.gains[name] += found[f"gains{at[name]}"]
        self.open = [n for n in self.open if not found[f"differs{at[n]}"] and self._is_blank_below(self.repeats[n])]

    def _is_blank_below(self, repeats: int) -> bool:
        return repeats <= (1 - NEARLY_ALL) * self.later

    def filled(self, measured: Mapping[str, ColumnProfile]) -> dict[str, float]:
        """Return the columns that stand on first rows only, with their log chances; none where it could be chance."""
        if self.later < MIN_LATER or self.several < min(MANY_GROUPS, FAIR_SHARE * self.groups):
            return {}
        chances = {n: self._log_chance(n) for n in self.open if self._on_first(n) and not _is_mark(measured[n])}
        dense = [n for n in chances if self._on_first(n) >= NEARLY_ALL * self.groups]
        is_named = any(measured[n].distinct >= NAMING * self.groups for n in dense)
        together = sum(sorted(chances[n] for n in dense)[:WITNESSES])
        if not is_named or together > log(CHANCE) or self.telling < NEARLY_ALL * self.later:
            return {}
        return {n: c for n, c in chances.items() if n in dense or (not self.repeats[n] and c <= log(CHANCE))}

    def _on_first(self, name: str) -> int:
        return self.values[name] - self.repeats[name]

    def _log_chance(self, name: str) -> float:
        """Return the logarithm of the chance that so many of a column's blanks hit later rows: hypergeometric."""
        hit, missed = self.later - self.repeats[name], self.groups - self._on_first(name)
        return _ways(self.later, hit) + _ways(self.groups, missed) - _ways(self.later + self.groups, hit + missed)


def _differs(place: int) -> pl.Expr:
    """Whether a later row holds a value in a column that the first row of its group does not."""
    cell = pl.col(f"later{place}")
    return cell.is_not_null() & cell.ne_missing(pl.col(f"opening{place}"))


def _ways(of: int, taken: int) -> float:
    """Return the logarithm of a binomial coefficient."""
    return lgamma(of + 1) - lgamma(taken + 1) - lgamma(of - taken + 1)


def _may_name(column: ColumnProfile) -> bool:
    """Say whether values may name a thing: amounts and instants do not, though equal ones may stand together."""
    typed = [e for e in column.evidence if e.matches >= NEARLY_ALL * column.rows]
    return not any(e.type in {"date", "timestamp"} or e.max_scale for e in typed)


def _is_mark(column: ColumnProfile) -> bool:
    return column.distinct == 1 and all(value.lower() in MARKS for value in column.top_values)
