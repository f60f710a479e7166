"""Who decides at a terminal, and the options that all decisions share."""

from __future__ import annotations

from getpass import getuser
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from agentic_lakehouse.pipeline.review import Reviewer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Id = Annotated[str, typer.Argument(help="Proposal, as `lakehouse review list` names it.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides; your login name by default.")]
Note = Annotated[str, typer.Option("--note", help="Why.")]


def reviewer(by: str | None) -> Reviewer:
    """Return who decides at this terminal, with the token of its environment."""
    from agentic_lakehouse.pipeline.review import Reviewer
    from agentic_lakehouse.settings import load_review_token

    return Reviewer(by or getuser(), load_review_token())
