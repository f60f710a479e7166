"""Measure one column, batch by batch, in bounded memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import polars as pl

from agentic_lakehouse.contracts.profile import ColumnProfile, TypeEvidence
from agentic_lakehouse.feeds.distinct import DistinctCounter
from agentic_lakehouse.feeds.doubts import doubts
from agentic_lakehouse.feeds.evidence import TypeTallies
from agentic_lakehouse.feeds.semantics import count_semantics
from agentic_lakehouse.feeds.tally import Tally
from agentic_lakehouse.feeds.vocabulary import NULL_WORDS, SOFT_NULL_WORDS

MAX_SHOWN = 80
"""Characters of a value that a profile shows; longer ones end in an ellipsis."""
MAX_SAMPLES = 8
MAX_TOP = 20
MAX_PATTERNS = 8
MAX_COUNTED = 2_000
"""Values and patterns whose counts are kept while a file is read: counts are exact for columns with fewer
distinct ones, else lower bounds."""
MAX_POOL = 256
"""Sample values kept while a file is read."""
TYPED = 0.9
"""Share of a column's values that must fit a type for soft null words to be no values of it."""
CATEGORY = 50
"""Most distinct values of a column in which a soft null word may be one more category."""


@dataclass(frozen=True)
class Beliefs:
    """What settles readings that a column leaves open."""

    mark: str
    """Decimal mark."""
    order: str | None
    """Order of day, month and year, such as `dmy`."""
    is_mark_known: bool = True
    """Whether the locale or another column speaks for the mark."""


class ColumnTally:
    """Everything that is counted of one column."""

    def __init__(self, source_name: str, position: int, *, distinct_limit: int) -> None:
        self.source_name = source_name
        self.position = position
        self.types = TypeTallies()
        self.distinct = DistinctCounter(distinct_limit)
        self._rows = 0
        self._values = 0
        self._null_words: Counter[str] = Counter()
        self._semantics: Counter[str] = Counter()
        self._patterns: Counter[str] = Counter()
        self._top: Counter[str] = Counter()
        self._pool: list[str] = []
        self._thinned = 1
        self._seen = 0
        self._lengths: tuple[int, int] | None = None
        self._texts: tuple[str, str] | None = None
        self._returned = 0

    def add(self, cells: pl.Series) -> None:
        """Take in the cells of one batch."""
        self._rows += len(cells)
        text = cells.str.strip_chars().rename("value")
        counts = text.drop_nulls().value_counts(name="n").filter(pl.col("value") != "")
        is_word = pl.col("value").str.len_chars() <= max(map(len, NULL_WORDS))
        is_word &= pl.col("value").str.to_lowercase().is_in(NULL_WORDS | SOFT_NULL_WORDS)
        for word, n in counts.filter(is_word).iter_rows():
            self._null_words[word] += n
        values = counts.filter(~is_word)
        if values.is_empty():
            return
        self._values += int(values["n"].sum())
        self.distinct.add(values["value"].hash())
        self.types.add(values)
        self._semantics += count_semantics(values)
        self._count_shapes(values)
        self._count_top(values)
        self._sample(text.filter(text.is_in(values["value"].implode())).unique(maintain_order=True))
        self._measure(values["value"])

    def profile(self, beliefs: Beliefs) -> ColumnProfile:
        """Return the facts about all cells taken in."""
        self._return_soft_words()
        found = self.types.evidence(self._values, mark=beliefs.mark, order=beliefs.order)
        least, greatest = self._extremes(found)
        distinct = self.distinct.count + self._returned
        return ColumnProfile(
            source_name=self.source_name,
            position=self.position,
            rows=self._rows,
            nulls=self._rows - self._values,
            null_tokens=tuple(word for word, _ in sorted(self._null_words.items(), key=_by_count)),
            distinct=min(distinct, self._values),
            min_length=self._lengths[0] if self._lengths else 0,
            max_length=self._lengths[1] if self._lengths else 0,
            minimum=least,
            maximum=greatest,
            evidence=tuple(entry for entry, _ in found),
            semantics=dict(sorted(self._semantics.items())),
            patterns=dict(sorted(self._patterns.items(), key=_by_count)[:MAX_PATTERNS]),
            top_values=dict(sorted(self._top.items(), key=_by_count)[:MAX_TOP]),
            samples=self._spread(),
            warnings=doubts(
                self.types,
                values=self._values,
                order=beliefs.order,
                mark=beliefs.mark,
                is_mark_known=beliefs.is_mark_known,
                seen=self._top if self._semantics["scientific"] else (),
            ),
        )

    def _count_shapes(self, values: pl.DataFrame) -> None:
        shape = pl.col("value").str.head(MAX_SHOWN)
        for runs, sign in ((r"\p{Lu}", "A"), (r"\p{Ll}", "a"), ("[0-9]", "9")):
            shape = shape.str.replace_all(f"{runs}{{2,}}", f"{sign}+").str.replace_all(runs, sign)
        counted = (
            values.group_by(shape.alias("shape")).agg(pl.col("n").sum()).sort("n", "shape", descending=[True, False])
        )
        _count(self._patterns, counted)

    def _count_top(self, values: pl.DataFrame) -> None:
        shown = values.with_columns(_shown(pl.col("value"))).group_by("value").agg(pl.col("n").sum())
        _count(self._top, shown.sort("n", "value", descending=[True, False]))

    def _sample(self, values: pl.Series) -> None:
        """Keep every so-many-th value, fewer as the file grows: what is kept stays spread over the file."""
        first = -self._seen % self._thinned
        self._seen += len(values)
        step = max(self._thinned, len(values) // MAX_POOL)
        self._pool += values.gather_every(step, first).to_list() if first < len(values) else []
        while len(self._pool) > MAX_POOL:
            self._pool = self._pool[::2]
            self._thinned *= 2

    def _spread(self) -> tuple[str, ...]:
        distinct = list(dict.fromkeys(self._pool))
        count = min(MAX_SAMPLES, len(distinct))
        chosen = [distinct[i * (len(distinct) - 1) // max(1, count - 1)] for i in range(count)]
        return tuple(dict.fromkeys(_cut(value) for value in chosen))

    def _measure(self, values: pl.Series) -> None:
        lengths = values.str.len_chars()
        known = [*(self._lengths or ()), *lengths.filter(lengths == lengths.min()).head(1), *lengths.top_k(1)]
        self._lengths = min(known), max(known)
        texts = [*(self._texts or ()), *values.str.head(MAX_SHOWN).sort().gather([0, -1])]
        self._texts = min(texts), max(texts)

    def _extremes(self, found: list[tuple[TypeEvidence, Tally]]) -> tuple[str | None, str | None]:
        """Return the least and greatest value by the type that every value fits, or else as text."""
        for entry, tally in found:
            if entry.matches == self._values and tally.least and tally.greatest:
                return tally.least[1], tally.greatest[1]
        return self._texts or (None, None)

    def _return_soft_words(self) -> None:
        """Count soft null words as values where the column is text in which they mean something."""
        soft = {word: n for word, n in self._null_words.items() if word.lower() in SOFT_NULL_WORDS}
        if not soft or self._is_typed() or (self.distinct.count > CATEGORY and not self._is_code_like(soft)):
            return
        for word, n in soft.items():
            del self._null_words[word]
            self._values += n
            self._returned += 1
            self._top[word] += n
            self._pool.append(word)
        self._measure(pl.Series("value", list(soft)))
        words = pl.DataFrame({"value": list(soft), "n": list(soft.values())})
        self._semantics += count_semantics(words)
        self._count_shapes(words)

    def _is_typed(self) -> bool:
        evidence = self.types.evidence(self._values, mark=".", order="dmy")
        return bool(evidence) and evidence[0][0].matches >= TYPED * self._values

    def _is_code_like(self, words: dict[str, int]) -> bool:
        """Whether all values are as short as the words, as country codes are."""
        return self._lengths is not None and self._lengths[1] <= max(map(len, words))


def _count(counter: Counter[str], counted: pl.DataFrame) -> None:
    """Add `value, n` rows, most frequent first, and forget the rarest beyond the bound."""
    for value, n in counted.head(MAX_COUNTED).iter_rows():
        counter[value] += n
    if len(counter) > 2 * MAX_COUNTED:
        kept = sorted(counter.items(), key=_by_count)[:MAX_COUNTED]
        counter.clear()
        counter.update(dict(kept))


def _by_count(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _shown(text: pl.Expr) -> pl.Expr:
    long = text.str.len_chars() > MAX_SHOWN
    return pl.when(long).then(text.str.head(MAX_SHOWN - 1) + "…").otherwise(text)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"
