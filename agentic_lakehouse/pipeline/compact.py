"""Small files of a feed are written anew as one, proven to hold the same rows, and exchanged on main."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.engines.base import Engine, Relation
from agentic_lakehouse.errors import EngineFailed
from agentic_lakehouse.lake.upkeep.bundles import Bundle
from agentic_lakehouse.pipeline.parts import Parts
from agentic_lakehouse.sql.types import quote

FAN_IN = 100
"""Files that are read at once: DuckDB opens each before it reads the first, and holds some memory for it."""


def compact(parts: Parts, feed: Feed, bundles: Sequence[Bundle]) -> str | None:
    """Write each bundle as one file, and let these take the place of the small ones in one commit.

    Returns:
        The commit's id; `None` where there are no bundles.

    Raises:
        EngineFailed: what was written is not what was read; nothing is committed.
        CatalogUnavailable: a file is gone or damaged.
        BranchLeased: a branch of the feed is open.
        MergeConflict: the feed was published meanwhile.
    """
    house = parts.bare_lake.housekeeping
    with parts.staging() as scratch:
        rewritten = [(bundle, scratch / f"{number}.parquet") for number, bundle in enumerate(bundles)]
        for bundle, out in rewritten:
            with parts.staging() as copies:
                rewrite(bundle, house.local_files(bundle, copies), out, engine=parts.engine)
        return house.compact(feed, rewritten)


def rewrite(bundle: Bundle, files: Sequence[Path], out: Path, *, engine: Engine) -> None:
    """Write the rows of a bundle's files to the Parquet file `out`, one file after the other.

    Files come in the order of their deliveries, and a delivery's rows in theirs: no sort is needed, which
    would have to hold all rows at once. Of very many files, a few at a time become one first.

    Raises:
        EngineFailed: what was written is not exactly what was read.
        CatalogUnavailable: a file is damaged.
    """
    while len(files) > FAN_IN:
        groups = [files[start : start + FAN_IN] for start in range(0, len(files), FAN_IN)]
        files = [out.with_name(f"{uuid.uuid4().hex}.parquet") for _ in groups]
        for group, part in zip(groups, files, strict=True):
            _concatenate(bundle, group, part, engine)
    _concatenate(bundle, files, out, engine)


def _concatenate(bundle: Bundle, files: Sequence[Path], out: Path, engine: Engine) -> None:
    before = Relation(files=files, types=bundle.types, table=bundle.table)
    engine.transform("SELECT * FROM small", {"small": before}, out, types=bundle.types)
    after = Relation(files=[out], types=bundle.types)
    if _rows(before, engine) != _rows(after, engine):
        raise EngineFailed(
            f"{len(files)} files of {bundle.table} were not written anew as they are; they stay.",
            hint="Please report this: nothing was changed.",
            table=bundle.table,
        )


def _rows(relation: Relation, engine: Engine) -> dict[str, object]:
    """Return what two relations have in common that hold the same rows, as often, in whatever order."""
    columns = ", ".join(quote(name) for name in relation.types)
    # A sum counts a row as often as it is there; the widest integer holds it for any number of 64-bit hashes.
    sql = f"SELECT count(*) AS n, sum(hash({columns})::HUGEINT)::VARCHAR AS hashes FROM held"
    found: dict[str, object] = engine.query(sql, {"held": relation}).to_pylist()[0]
    return found
