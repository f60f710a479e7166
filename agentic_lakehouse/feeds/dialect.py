"""Choose delimiter, quote and escape by what they make of the file, and test the choice on much of it.

A dialect is good when records come out equally wide and cells come out looking like something: van den
Burg, Nazábal and Sutton, *Wrangling messy CSV files by detecting row and type patterns*, 2019. Quotes
other than `"` need proof: apostrophes and inch signs also stand at the edge of cells.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from agentic_lakehouse.feeds.batch import Fault, Record
from agentic_lakehouse.feeds.cells import cell_kind
from agentic_lakehouse.feeds.excerpts import PLACES, excerpts
from agentic_lakehouse.feeds.splitting import Dialect, records
from agentic_lakehouse.feeds.text import lines

DELIMITERS = (",", ";", "\t", "|", "#", "~", "^", "\x01", "\x1f", "¦", "§", "!", "*", "@", "=", ":", " ")
"""Characters that divide cells, the usual ones first. The last two also stand inside most texts."""
LOOSE = frozenset({":", " "})
SAMPLE_CHARS = 1 << 17
TYPED_RECORDS = 200
"""Records whose cells are looked at."""
RETEST_BYTES = 1 << 18
"""Text in each of the places where the best candidates are compared again."""
RIVAL = 0.5
"""Least share of the best score at which another dialect is compared again."""
MIN_CONSISTENCY = 0.3
"""Least share of records of the commonest width; below it the file has one column."""

MIN_STRAY = 3
"""Cells that begin with `"` and do not end with it before `"` is believed to quote nothing; fewer are faults."""
SPACED = 0.7
"""Least share of cells behind a delimiter that must begin with a space for it to mean nothing; text
inside quotes, which also holds delimiters, makes the rest."""

LONG_SHARE = 0.3
"""Least share of a character's runs that are one longer text, or several in a row around empty cells, at
which this text may be the delimiter."""
LONG_HABIT = 0.9
"""The same share at which it is, where it makes rows as alike as the character alone does."""

_QUOTED = re.compile(r'"[^"\n]*"')
_RUN = re.compile(rf" ?[{re.escape(''.join(DELIMITERS).strip())}]+ ?")
_PLAIN = re.compile(r'[^;|\t#~^,"\x01\x1f¦§]*')


@dataclass(frozen=True)
class Trial:
    """What a dialect makes of some text."""

    dialect: Dialect
    width: int
    """Commonest number of cells, of those above one; 1 where there is none."""
    consistency: float
    """Share of records that are that wide."""
    score: float


def choose_dialect(path: Path, encoding: str, *, name: str) -> Dialect:
    """Return the dialect that reads a delimited file best. Its delimiter is `None` where there is one column.

    Raises:
        FeedUnreadable: the file cannot be read.
    """
    sample = list(_upto(lines(path, encoding, name=name), SAMPLE_CHARS))
    text = "".join(sample)
    trials = [_with_best_quote(sample, Dialect(d), text) for d in DELIMITERS if d in text]
    for longer, share in _long_delimiters(text).items():
        trial = _with_best_quote(sample, Dialect(longer), text)
        trials = [trial, *(t for t in trials if not _is_within(t, trial, share))]
    tables = sorted((t for t in trials if t.consistency >= MIN_CONSISTENCY), key=lambda t: -t.score)
    firm = [t for t in tables if t.dialect.delimiter not in LOOSE]
    loose = [t for t in tables if t.dialect.delimiter in LOOSE and t.consistency == 1]
    tables = loose if loose and all(t.consistency < 1 for t in firm) else firm
    if not tables:
        return Dialect(None)
    rivals = [t for t in tables[:3] if t.score >= RIVAL * tables[0].score]
    if len(text) >= SAMPLE_CHARS and len(rivals) > 1:
        more = _lines_further_on(path, encoding, name=name)
        rivals = [try_dialect(more, t.dialect) for t in rivals]
    return max(rivals, key=lambda t: t.score).dialect


def try_dialect(source: Iterator[str] | Sequence[str], dialect: Dialect) -> Trial:
    """Read lines in a dialect and score the result: equal widths, many columns, cells that look like something."""
    widths: Counter[int] = Counter()
    known = seen = 0
    for number, record in enumerate(records(source, dialect)):
        if isinstance(record, Fault):
            widths[0] += 1
            continue
        widths[len(record.cells)] += 1
        if number < TYPED_RECORDS and len(record.cells) > 1:
            seen += len(record.cells)
            known += sum(_looks_like_something(cell or "") for cell in record.cells)
    wide = {width: count for width, count in widths.items() if width > 1}
    if not wide:
        return Trial(dialect, 1, widths[1] / max(1, widths.total()), 0.0)
    width = max(wide, key=lambda w: (wide[w], w))
    consistency = wide[width] / widths.total()
    score = consistency**2 * (0.3 + 0.7 * known / seen) * (width - 1) / width if seen else 0.0
    return Trial(dialect, width, consistency, score)


def _long_delimiters(text: str) -> dict[str, float]:
    """Return texts of several characters that stand where one of their characters does, outside quotes.

    Returns:
        The text, and the least share of the runs of any of its characters that are this text.
    """
    runs = Counter(_RUN.findall(_QUOTED.sub('"', text)))
    found: dict[str, float] = {}
    for longer, _ in runs.most_common(5):
        if len(longer.strip(" ")) + longer.startswith(" ") > 1:
            around = [(run, count) for run, count in runs.items() if set(run) & set(longer.strip(" "))]
            repeated = sum(count for run, count in around if not run.replace(longer, "").strip(" "))
            found[longer] = repeated / sum(count for _, count in around)
    return {longer: share for longer, share in found.items() if share >= LONG_SHARE}


def _is_within(trial: Trial, longer: Trial, share: float) -> bool:
    """Whether a delimiter is but part of a longer one: it divides in the same places, and rows are no more alike."""
    inner, outer = (trial.dialect.delimiter or "").strip(), (longer.dialect.delimiter or "").strip()
    if inner not in outer or longer.width == 1:
        return False
    if share >= LONG_HABIT:
        return longer.consistency >= trial.consistency
    in_same_places = trial.width - 1 <= len(outer) * longer.width
    return longer.consistency > trial.consistency and in_same_places


def _looks_like_something(cell: str) -> bool:
    return _PLAIN.fullmatch(cell) is not None or cell_kind(cell) != "text"


def _with_best_quote(sample: list[str], dialect: Dialect, text: str) -> Trial:
    """Return the trial of a delimiter with the spaces, quote and escape that suit it."""
    best = _with_spaces(sample, try_dialect(sample, dialect))
    dialect = best.dialect
    if '\\"' in text:
        escaped = try_dialect(sample, replace(dialect, escape="\\"))
        is_habit = text.count('\\"') >= MIN_STRAY and escaped.consistency == best.consistency
        best = escaped if is_habit else _more_consistent(best, escaped)
    bare = try_dialect(sample, replace(dialect, quote=None))
    stray = _stray_quotes(sample, dialect, '"')
    if bare.consistency > best.consistency and stray >= max(MIN_STRAY, _quoted(sample, dialect, '"')):
        best = bare
    if "'" in text:
        best = _with_apostrophes(sample, best, escaped="\\'" in text)
    return best


def _with_apostrophes(sample: list[str], best: Trial, *, escaped: bool) -> Trial:
    """Take `'` for the quote where that mends records, or where it encloses cells and never just begins one."""
    dialect = replace(best.dialect, quote="'", escape=None)
    single = try_dialect(sample, dialect)
    if escaped:
        single = _more_consistent(single, try_dialect(sample, replace(dialect, escape="\\")))
    quoted, stray = _quoted(sample, dialect, "'"), _stray_quotes(sample, dialect, "'")
    if single.consistency > best.consistency:
        return single if quoted or stray else best
    is_habit = quoted * 2 >= len(sample) and not stray and not _quoted(sample, dialect, '"')
    return single if is_habit and single.consistency == best.consistency else best


def _more_consistent(first: Trial, second: Trial) -> Trial:
    return second if second.consistency > first.consistency else first


def _quoted(sample: list[str], dialect: Dialect, quote: str) -> int:
    """Return how many cells begin and end with the quote."""
    return sum(len(c) > 1 and c[0] == c[-1] == quote for c in _bare_cells(sample, dialect))


def _stray_quotes(sample: list[str], dialect: Dialect, quote: str) -> int:
    """Return how many cells begin with the quote and do not end with it."""
    return sum(c[:1] == quote and (c[-1] != quote or len(c) == 1) for c in _bare_cells(sample, dialect))


def _bare_cells(sample: list[str], dialect: Dialect) -> Iterator[str]:
    for record in records(sample, replace(dialect, quote=None, escape=None)):
        if not isinstance(record, Fault):
            yield from ((cell or "").strip() for cell in record.cells)


def _with_spaces(sample: list[str], plain: Trial) -> Trial:
    """Take a space behind nearly every delimiter as part of it, so that quotes behind it are seen."""
    delimiter = plain.dialect.delimiter or ""
    behind = [cell.startswith(" ") for cell in _later_cells(sample, plain.dialect) if cell]
    if delimiter.isspace() or sum(behind) < SPACED * len(behind):
        return plain
    spaced = try_dialect(sample, replace(plain.dialect, delimiter=f"{delimiter} "))
    return spaced if behind and spaced.consistency >= plain.consistency else plain


def _later_cells(sample: list[str], dialect: Dialect) -> Iterator[str]:
    """Yield the cells behind a delimiter."""
    for record in islice(records(sample, replace(dialect, quote=None)), TYPED_RECORDS):
        if isinstance(record, Record):
            yield from (cell or "" for cell in record.cells[1:])


def _lines_further_on(path: Path, encoding: str, *, name: str) -> list[str]:
    """Return lines from all over the file; from its head alone where a byte does not tell where a line ends."""
    if encoding.startswith(("utf-16", "utf-32")):
        return list(_upto(lines(path, encoding, name=name), PLACES * RETEST_BYTES))
    found = excerpts(path, RETEST_BYTES, name=name)
    return [line for text in found for line in io.StringIO(text.decode(encoding, "surrogateescape"), newline="")]


def _upto(source: Iterator[str], size: int) -> Iterator[str]:
    """Yield lines until `size` characters were seen."""
    for line in source:
        yield line
        size -= len(line)
        if size <= 0:
            return
