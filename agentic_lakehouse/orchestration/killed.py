"""Runs whose process was killed: left alone, Dagster would show them as started for ever.

A run notes in a tag which process it is in. Whoever looks next, the command line before it begins or the
sensor at each tick, ends those whose process is certainly gone. A run without the note, or of another
machine, is left alone.
"""

from __future__ import annotations

import dagster as dg
from pydantic import ValidationError

from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.lake.holders import Holder, is_gone, this_process

HOLDER_TAG = "lakehouse/holder"


class Note(Record):
    """What the tag says."""

    run_id: str
    """Whose note it is: a run that is executed again may bring the tags of the one before."""
    holder: Holder


def note_holder(instance: dg.DagsterInstance, run_id: str) -> None:
    """Note that this process executes the run."""
    note = Note(run_id=run_id, holder=this_process())
    instance.add_run_tags(run_id, {HOLDER_TAG: note.model_dump_json()})


def end_killed(instance: dg.DagsterInstance) -> list[str]:
    """End every started run whose process is gone: as failed, or as canceled where somebody had asked for that.

    Returns:
        Their ids.
    """
    unfinished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING])
    gone = {run.run_id: holder for run in instance.get_runs(unfinished) if (holder := _gone_holder(run)) is not None}
    return [run_id for run_id, holder in gone.items() if _end(instance, run_id, holder)]


def _gone_holder(run: dg.DagsterRun) -> Holder | None:
    try:
        note = Note.model_validate_json(run.tags.get(HOLDER_TAG, ""))
    except ValidationError:
        return None
    return note.holder if note.run_id == run.run_id and is_gone(note.holder) else None


def _end(instance: dg.DagsterInstance, run_id: str, holder: Holder) -> bool:
    # A run that ended by itself said so before its process ended: only now is its status certain.
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:
        return False
    report = instance.report_run_canceled if run.status is dg.DagsterRunStatus.CANCELING else instance.report_run_failed
    report(
        run,
        f"The process of this run (pid {holder.pid}) ended without a word: somebody or the system killed it. "
        "What it did not publish is not on main; start the feed again.",
    )
    return True
