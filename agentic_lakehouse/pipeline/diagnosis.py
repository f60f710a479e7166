"""Is everything in place? One line for each part, and what heals it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agentic_lakehouse.errors import LakehouseError
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.settings import load_settings


@dataclass(frozen=True)
class Line:
    """What was found about one part."""

    name: str
    ok: bool
    message: str
    hint: str | None = None


def diagnose() -> list[Line]:
    """Look at settings, contracts, landing zone, catalog, engine and model; later parts need the settings."""
    try:
        lakehouse = Lakehouse(load_settings())
    except LakehouseError as error:
        return [Line("settings", ok=False, message=error.message, hint=error.hint)]
    s = lakehouse.settings
    found = [Line("settings", ok=True, message=f"home {s.home_path}")]
    parts: dict[str, Callable[[Lakehouse], str]] = {
        "standard": lambda h: f"{h.standard.label}, {len(h.standard.columns)} columns, {len(h.standard.rules)} rules",
        "policy": lambda h: f"{h.policy.name}",
        "landing": _landing,
        "catalog": _catalog,
        "engine": _engine,
        "model": _model,
    }
    return found + [_line(name, look, lakehouse) for name, look in parts.items()]


def _line(name: str, look: Callable[[Lakehouse], str], lakehouse: Lakehouse) -> Line:
    try:
        return Line(name, ok=True, message=look(lakehouse))
    except LakehouseError as error:
        return Line(name, ok=False, message=error.message, hint=error.hint)


def _landing(lakehouse: Lakehouse) -> str:
    problems = lakehouse.zone.problems()
    told = f"{len(lakehouse.zone.feeds())} feeds in {lakehouse.settings.landing}"
    return f"{told}; left out: {'; '.join(problems)}" if problems else told


def _catalog(lakehouse: Lakehouse) -> str:
    commits = lakehouse.lake.log(limit=1)
    tables = len(lakehouse.lake.view().tables())
    return f"{tables} tables on main, " + (f"head {commits[0].id[:12]}" if commits else "nothing published yet")


def _engine(lakehouse: Lakehouse) -> str:
    answer = lakehouse.engine.query("SELECT 1 AS one", {}).to_pylist()
    return f"{lakehouse.engine.name}, answers {answer[0]['one']}"


def _model(lakehouse: Lakehouse) -> str:
    lakehouse.brain.verify()
    return " → ".join(lakehouse.settings.ladder)
