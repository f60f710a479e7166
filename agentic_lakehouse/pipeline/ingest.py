"""Third step: load a feed's pending files into bronze, every bad row kept aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import Delivery
from agentic_lakehouse.contracts.policy import Policy
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import bronze_table, ingest_errors_table
from agentic_lakehouse.engines.base import Engine, Lineage, Loaded
from agentic_lakehouse.errors import TooManyBadRows
from agentic_lakehouse.feeds.keep import local_copy
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.ledger import Ledger
from agentic_lakehouse.pipeline.outcomes import Ingested
from agentic_lakehouse.pipeline.replay import Replay
from agentic_lakehouse.pipeline.takeout import take_out


def ingest(
    deliveries: Sequence[tuple[Delivery, FeedSpec]],
    spec: FeedSpec,
    *,
    standard: ProductStandard,
    policy: Policy,
    engine: Engine,
    branch: Branch,
    ledger: Ledger,
    run_id: str,
    staging: Path,
    mend: Callable[[Delivery, Loaded], FeedSpec | None],
) -> Ingested:
    """Load each delivery under its spec into the branch's bronze table and `ingest_errors`.

    Args:
        deliveries: pending deliveries, oldest first, each with the spec it is read under. Of one whose bad rows alone
            are to be run again, only these are.
        spec: the spec in force, whose bronze table must stand even where nothing is pending.
        standard: gives the namespaces.
        policy: gives the share of bad rows at which a delivery is refused whole.
        engine: does the reading and typing.
        branch: takes the rows. Rows of a delivery that is done again are taken out first; no others stand there.
        ledger: notes how many records each file held.
        run_id: lineage.
        staging: empty scratch folder.
        mend: gives the spec under which a delivery is to be read instead, where what became of it refutes the one
            that was made on a sample of it; `None` where that stands.

    Raises:
        TooManyBadRows: a delivery has more bad rows than the policy allows.
        FeedUnreadable: a file cannot be read as its spec's format.
    """
    bad_table = ingest_errors_table(standard)
    table = bronze_table(standard, spec)
    if not deliveries or any(delivery.is_asked_for for delivery, _ in deliveries):
        branch.ensure_table(table)
    if again := [delivery for delivery, _ in deliveries if delivery.redo]:
        take_out(again, spec.feed, bronze=table.name, bad=bad_table, engine=engine, branch=branch, staging=staging)
    rows_in = bronze_rows = 0
    codes: Counter[str] = Counter()
    kept = [(delivery, its_spec) for delivery, its_spec in deliveries if delivery.replay and not delivery.redo]
    if kept:
        replay = Replay(branch, spec, standard=standard, engine=engine, staging=staging)
        replayed = replay.apply(kept, branch, run_id=run_id)
        rows_in, bronze_rows = replayed.rows_in, replayed.fitting
        codes.update(replayed.error_codes)
    for delivery, described in deliveries:
        if (delivery, described) in kept:
            continue
        folder = staging / delivery.delivery_id
        folder.mkdir()
        load = partial(load_delivery, delivery, standard=standard, engine=engine, run_id=run_id, staging=folder)
        loaded = load(described)
        if (mended := mend(delivery, loaded)) is not None:
            loaded = load(mended)
        require_error_share(loaded, delivery, at_most=policy.max_error_share)
        good_table = bronze_table(standard, mended or described)
        branch.ensure_table(good_table)
        branch.append(good_table.name, [file.path for file in loaded.good])
        branch.append(bad_table.name, [loaded.bad.path])
        ledger.loaded(spec.feed, delivery.delivery_id, rows_in=loaded.rows)
        rows_in += loaded.rows
        bronze_rows += loaded.good_rows
        codes.update(loaded.error_codes)
    return Ingested(
        table=table.name,
        files=len(deliveries),
        rows_in=rows_in,
        bronze_rows=bronze_rows,
        error_rows=rows_in - bronze_rows,
        error_codes=dict(codes),
    )


def load_delivery(
    delivery: Delivery, spec: FeedSpec, *, standard: ProductStandard, engine: Engine, run_id: str, staging: Path
) -> Loaded:
    """Read the kept bytes of a delivery under a spec into files in `staging`.

    Raises:
        FeedUnreadable: the bytes are gone, or cannot be read as the spec's format.
    """
    return engine.load(
        local_copy(delivery.raw_uri, staging, name=delivery.path, byte_size=delivery.byte_size),
        spec,
        good=bronze_table(standard, spec),
        bad=ingest_errors_table(standard),
        lineage=Lineage.of(delivery, run_id=run_id),
        staging=staging,
    )


def require_error_share(loaded: Loaded, delivery: Delivery, *, at_most: float) -> None:
    """Refuse a delivery whole when too many of its rows break its spec.

    Raises:
        TooManyBadRows: names the file, the share and the commonest fault.
    """
    if not loaded.rows or loaded.bad.rows <= at_most * loaded.rows:
        return
    code, count = Counter(loaded.error_codes).most_common(1)[0]
    raise TooManyBadRows(
        f"{delivery.path}: {loaded.bad.rows} of {loaded.rows} rows do not fit the feed's spec "
        f"(mostly {code}: {count}); the policy allows {at_most:.0%}.",
        hint="Ask the vendor for a corrected file. Where it is right as it is, say so in the spec with "
        "`lakehouse review edit`, or raise `max_error_share` in the policy.",
        file=delivery.path,
        bad_rows=loaded.bad.rows,
        rows=loaded.rows,
        codes=dict(loaded.error_codes),
    )
