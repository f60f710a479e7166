"""Is everything in place and whole? One line for each part, or one for each thing that is not, and what heals it.

Nothing is written, and no damage stops it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from agentic_lakehouse.contracts.files import load_vendor
from agentic_lakehouse.contracts.governed import Delivery
from agentic_lakehouse.contracts.notice import Notice
from agentic_lakehouse.contracts.rule_files import load_rule_files
from agentic_lakehouse.contracts.tables import core_table, mapping_errors_table
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.errors import LakehouseError
from agentic_lakehouse.feeds.keep import is_kept
from agentic_lakehouse.lake.examiner import Broken, Reader
from agentic_lakehouse.lake.inspection import Inspection, Recorded
from agentic_lakehouse.lake.notices import Notices
from agentic_lakehouse.pipeline.healing import Healing
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.notify import Notifier
from agentic_lakehouse.pipeline.rules import problems, standing
from agentic_lakehouse.settings import load_settings

T = TypeVar("T")

SHOWN = 10
"""Broken files of one part that are told one by one."""


@dataclass(frozen=True)
class Line:
    """What was found about one part."""

    name: str
    ok: bool
    message: str
    hint: str | None = None


def diagnose(*, deep: bool = False) -> list[Line]:
    """Look at settings, contracts, landing zone, lake, engine and model; later parts need the settings.

    Args:
        deep: read every data file of the lake whole, and not its size and footer alone.
    """
    try:
        house = Lakehouse(load_settings())
    except LakehouseError as error:
        return [_wrong("settings", error)]
    s = house.settings
    return [
        Line("settings", ok=True, message=f"home {s.home_path}"),
        *_part("standard", lambda: _standard(house)),
        *_part("policy", lambda: house.policy.name),
        *_part("rules", lambda: _rules(house)),
        *_part("vendors", lambda: _vendors(house)),
        *_part("landing", lambda: _landing(house)),
        *_part("catalog", lambda: _lake(house, deep=deep)),
        *_part("engine", lambda: _engine(house)),
        *_part("model", lambda: _model(house)),
    ]


def _part(name: str, look: Callable[[], str | Sequence[Line]]) -> Sequence[Line]:
    """Return what was found about a part, or the error that looking at it ended in."""
    try:
        found = look()
    except LakehouseError as error:
        return [_wrong(name, error)]
    return [Line(name, ok=True, message=found)] if isinstance(found, str) else found


def _wrong(name: str, error: LakehouseError) -> Line:
    return Line(name, ok=False, message=error.message, hint=error.hint)


def _standard(house: Lakehouse) -> str:
    return f"{house.standard.label}, {len(house.standard.columns)} columns, {len(house.standard.rules)} rules"


def _rules(house: Lakehouse) -> str | list[Line]:
    def line(problem: LakehouseError) -> Line:
        return _wrong("rules", problem)

    files = load_rule_files(house.settings.rules)
    counting, _ = standing(files, ())
    about = [each for each in counting if each.rule_set.standard in {None, house.standard.name}]
    found = [
        *(f.error for f in files if f.error),
        *(p for each in about for p in problems([each], house.standard, house.bind)),
    ]
    return _first(found, line) or f"{len(files)} rule sets in {house.settings.rules}"


def _vendors(house: Lakehouse) -> str | list[Line]:
    def line(problem: LakehouseError) -> Line:
        return _wrong("vendors", problem)

    files, found = sorted(house.settings.vendors.glob("*.yaml")), list[LakehouseError]()
    for path in files:
        try:
            load_vendor(house.settings.vendors, path.stem)
        except LakehouseError as error:
            found.append(error)
    return _first(found, line) or f"{len(files)} files of facts in {house.settings.vendors}"


def _landing(house: Lakehouse) -> str | list[Line]:
    def line(problem: str) -> Line:
        return Line("landing", ok=False, message=problem, hint="It is left out, all else is taken: move or rename it.")

    zone = house.zone
    found = _first(zone.problems(), line)
    if found:
        return found
    feeds = zone.feeds()
    blind = [path for feed in feeds for path in zone.blind_to(feed)]
    told = f"{len(feeds)} feeds in {zone.uri}"
    return f"{told}; no time or etag is told of {blind[0]}: only a change of size is noticed" if blind else told


def _engine(house: Lakehouse) -> str:
    answer = house.engine.query("SELECT 1 AS one", {}).to_pylist()
    return f"{house.engine.name}, answers {answer[0]['one']}"


def _model(house: Lakehouse) -> str:
    house.trial_brain().verify()
    return " → ".join(house.settings.ladder)


def _notices(house: Lakehouse, lake: Inspection) -> str | list[Line]:
    def line(notice: Notice) -> Line:
        message = f"{notice.channel} was not told that {notice.feed} is {notice.state}: {notice.error}"
        setting = "WEBHOOK_URL" if notice.channel == "webhook" else "SMTP_*"
        hint = f"Mend LAKEHOUSE_{setting}, or the server behind it, then `lakehouse notify --again`."
        return Line("notices", ok=False, message=message, hint=hint)

    names = ", ".join(Notifier(house).channels) or "nobody is told: no channel is set"
    return _first(Notices(lake.database).given_up(), line) or names


def _lake(house: Lakehouse, *, deep: bool) -> str | list[Line]:
    s = house.settings
    with closing(Inspection(s.catalog_url, s.warehouse_uri, reader=_reader(house) if deep else None)) as lake:
        if lake.claim is None:
            lake.require_one_lake()
            return f"no lake yet: the first run makes it at {lake.database.place}"
        recorded = lake.recorded
        healing = Healing(lake, _folded(house))
        return [
            Line("catalog", ok=True, message=_catalog(lake, recorded)),
            *_part("warehouse", lambda: _warehouse(lake)),
            *_part("tables", lambda: _tables(lake, healing)),
            *_part("branches", lambda: _branches(lake, healing)),
            *_part("kept files", lambda: _kept(lake)),
            *_part("notices", lambda: _notices(house, lake)),
        ]


def _folded(house: Lakehouse) -> set[str]:
    """Return the tables whose slices are made from bronze alone; without a standard in force nothing makes them."""
    try:
        return {core_table(house.standard).name, mapping_errors_table(house.standard).name}
    except LakehouseError:  # told in its own line
        return set()


def _catalog(lake: Inspection, recorded: Recorded) -> str:
    head = f"head {recorded.commits[0][0][:12]}" if recorded.commits else "nothing published yet"
    return f"{lake.database.place}, {len(recorded.main)} tables on main, {head}"


def _warehouse(lake: Inspection) -> str:
    lake.require_one_lake()
    return f"{lake.warehouse.root}"


def _tables(lake: Inspection, healing: Healing) -> str | list[Line]:
    def line(broken: Broken) -> Line:
        return Line("tables", ok=False, message=broken.problem, hint=healing.on_main(broken))

    found = lake.main
    return _first(found.broken, line) or f"{found.tables} tables and their {found.files} data files are whole"


def _branches(lake: Inspection, healing: Healing) -> str | list[Line]:
    def line(broken: tuple[str, Broken]) -> Line:
        name, file = broken
        return Line("branches", ok=False, message=f"{name}: {file.problem}", hint=healing.on_branch(name))

    lost = {b.location for b in lake.main.broken}
    found = [(name, b) for name in lake.recorded.branches for b in lake.branch(name).broken if b.location not in lost]
    infos = [info for info, _ in lake.recorded.branches.values()]
    dead = ", ".join(info.name for info in infos if info.lease == "stale")
    return _first(found, line) or f"{len(infos)} open" + (f"; the runs of {dead} ended without a word" if dead else "")


def _kept(lake: Inspection) -> str | list[Line]:
    def line(d: Delivery) -> Line:
        return Line(
            "kept files",
            ok=False,
            message=f"{d.raw_uri}, from which delivery {d.delivery_id} of {d.feed} is read, is gone or cut short.",
            hint=f"Restore it from a backup, or deliver {d.path} again: the same bytes with a new time will do.",
        )

    waiting = lake.recorded.waiting
    lost = [d for d in waiting if not is_kept(d.raw_uri, byte_size=d.byte_size)]
    return _first(lost, line) or f"{len(waiting)} deliveries wait, and their bytes are kept"


def _first(found: Sequence[T], line: Callable[[T], Line]) -> list[Line]:
    """Return a line for each of the first few, and one that counts the rest."""
    lines = [line(each) for each in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(Line(lines[0].name, ok=False, message=f"and {len(found) - SHOWN} more"))
    return lines


def _reader(house: Lakehouse) -> Reader:
    """Return what reads a data file whole, with the engine that will have to."""

    def read(path: Path, types: Mapping[str, str]) -> None:
        house.engine.query("SELECT max(hash(r)) FROM rows r", {"rows": Relation(files=[path], types=types)})

    return read
