"""`lakehouse eval`: models, prompts and the planner held against labelled feeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table
from agentic_lakehouse.errors import UsageInvalid

if TYPE_CHECKING:
    from agentic_lakehouse.pipeline.scores import Evaluation

SHARES = ("precision", "recall", "f1", "types", "key", "core", "calibration")
COSTS = ("calls", "tokens", "usd", "seconds")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="eval")(evaluate)


def evaluate(
    suite: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder with a suite.yaml; the sample landing zone by default.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model or ladder instead of LAKEHOUSE_MODEL.")] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Keep the result, to compare another with.")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Show what changed since a kept result.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Describe and map labelled feeds, and tell how much of it is right and what it took.

    Example: lakehouse eval --model openai-chat:my-model --compare embedded.json
    """
    from agentic_lakehouse.cli.progress import progress
    from agentic_lakehouse.contracts.files import load_suite
    from agentic_lakehouse.pipeline import evaluate as pipeline
    from agentic_lakehouse.settings import SHIPPED, load_settings

    folder = suite or SHIPPED / "data" / "evaluation" / "landing"
    before = _kept(compare) if compare else None
    with progress(total=len(load_suite(folder).feeds)) as on_done:
        found = pipeline.evaluate(load_settings(model=model), folder, on_done=on_done)
    if save is not None:
        save.write_text(found.model_dump_json(indent=2) + "\n", encoding="utf-8")
    if json:
        print_json(
            found.model_dump(mode="json") | ({"compared_with": before.model_dump(mode="json")} if before else {})
        )
        return
    _print(found)
    if before is not None:
        _print_change(before, found)


def _kept(path: Path) -> Evaluation:
    from pydantic import ValidationError

    from agentic_lakehouse.pipeline.scores import Evaluation

    try:
        return Evaluation.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise UsageInvalid(
            f"{path}: is no kept result of `lakehouse eval`.", hint="Make one with `--save`.", file=str(path)
        ) from error


def _print(found: Evaluation) -> None:
    from agentic_lakehouse.pipeline.scores import f1

    numbers = ("F1", "prec.", "recall", "types", "key", "core", "calls", "tokens")
    print_table(
        ("feed", *numbers),
        [
            (
                s.feed,
                *(_share(x) for x in (f1(s.right, len(s.lines), s.expected)[place] for place in (2, 0, 1))),
                _share(s.types), _share(s.key), _share(s.core), s.calls, s.tokens,
            )
            for s in found.feeds
        ],
        right=numbers,
    )  # fmt: skip
    out, total = console(), found.total
    for score in found.feeds:
        if score.error:
            out.print(f"\n{score.feed}: {score.error}", markup=False)
    cost = "unknown" if total.usd is None else f"{total.usd:.4f} USD"
    out.print(
        f"\n{found.suite}, {found.model}: F1 {total.f1:.3f} (precision {total.precision:.3f}, "
        f"recall {total.recall:.3f}), "
        f"types {_share(total.types)}, keys {_share(total.key)}, core rows {_share(total.core)}, "
        f"confidence off by {_share(total.calibration)}; {total.calls} calls, {total.tokens} tokens, cost {cost}, "
        f"{total.seconds:.1f} s.",
        markup=False,
    )


def _print_change(before: Evaluation, now: Evaluation) -> None:
    changed = sorted(name for name in now.prompts if now.prompts[name] != before.prompts.get(name))
    console().print(
        f"\nBefore: {before.model}, {before.standard}. Prompts that changed: {', '.join(changed) or 'none'}.",
        markup=False,
    )
    rows = [(name, getattr(before.total, name), getattr(now.total, name)) for name in (*SHARES, *COSTS)]
    print_table(
        ("", "before", "now", "change"),
        [
            (name, _number(a), _number(b), _number(b - a, signed=True) if None not in {a, b} else "")
            for name, a, b in rows
        ],
        right=("before", "now", "change"),
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _number(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "unknown"
    return f"{value:{'+' if signed else ''}d}" if isinstance(value, int) else f"{value:{'+' if signed else ''}.3f}"
