"""Tell where a table ends: where a second one begins below it, or at its footer; and whether it is one at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

from agentic_lakehouse.feeds.batch import BrokenRecord, Fault, Record
from agentic_lakehouse.feeds.faults import unreadable
from agentic_lakehouse.feeds.headers import heads

SECOND_TABLE = "second_table"
"""Code of all records from the header of a second table on."""
MIN_TABLE = 4
"""Records of one other width in a row, the first of them a header, that make a second table."""
FOOTER = "footer"
"""Code of the records of other widths that end a table."""
MAX_FOOTER = 20
"""Most records of a footer."""
MAX_BROKEN = 1_000_000
"""Most records of other widths in a file where they are more than its rows."""

Found = Record | Fault


def require_one_table(broken: Iterable[BrokenRecord], *, name: str) -> None:
    """Refuse a file that goes on with a second table.

    Raises:
        FeedUnreadable: names the line where that begins.
    """
    second = next((record for record in broken if record.code == SECOND_TABLE), None)
    if second is not None:
        raise unreadable(
            name,
            f"holds several tables: {second.message}",
            hint="Ask the vendor for one table a file, or put each into a feed of its own.",
            line=second.line,
        )


def require_rows(found: Iterable[Found], width: int, *, name: str) -> Iterator[Found]:
    """Yield the records of a table, as long as they are one.

    Raises:
        FeedUnreadable: hardly any of very many records are as wide as the table.
    """
    whole = broken = 0
    for record in found:
        if isinstance(record, Record) and len(record.cells) == width:
            whole += 1
        else:
            broken += 1
            if broken > MAX_BROKEN and broken > whole:
                raise no_table(whole, broken, width, name=name)
        yield record


def no_table(whole: int, broken: int, width: int, *, name: str) -> Exception:
    """Make the error for a file that holds hardly any rows."""
    return unreadable(
        name,
        f"is no table: of {whole + broken:,} of its records, {broken:,} are not {width} cells wide",
        hint="Look for a quote that is never closed; ask the vendor to send it again.",
    )


def only_first(found: Iterable[Found], width: int) -> Iterator[Found]:
    """Yield the records of a table; those of a second table below it, of another width, as faults."""
    stream = iter(found)
    ahead: deque[Found] = deque()
    while ahead or (ahead := deque(islice(stream, 1))):
        record = ahead.popleft()
        if isinstance(record, Record) and len(record.cells) not in {1, width}:
            ahead.extend(islice(stream, MIN_TABLE - 1 - len(ahead)))
            if _is_table(record, [r for r in ahead if isinstance(r, Record)]):
                message = f"line {record.line} begins a second table"
                yield from (Fault(r.line, r.raw, SECOND_TABLE, message) for r in chain([record], ahead, stream))
                return
        yield record


def _is_table(first: Record, behind: Sequence[Record]) -> bool:
    alike = [(r.line, r.cells) for r in (first, *behind) if len(r.cells) == len(first.cells)]
    return len(alike) == MIN_TABLE and heads(alike)


def with_footer(table: Iterable[Found], is_total: Callable[[Sequence[str | None]], bool]) -> Iterator[Found]:
    """Yield the records of a table; notes and totals that no row follows as its footer.

    Args:
        table: its records, whole or at fault.
        is_total: whether a whole row is unlike the others.
    """
    held: deque[Found] = deque()
    for record in table:
        last = is_total(record.cells) if isinstance(record, Record) else record.code == "too_few_cells"
        if held and (not last or len(held) == MAX_FOOTER):
            yield from held
            held.clear()
        if last:
            held.append(record)
        else:
            yield record
    for record in held:
        yield Fault(record.line, record.raw, FOOTER, f"line {record.line} is below the last row of the table")
