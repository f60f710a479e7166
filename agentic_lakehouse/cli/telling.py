"""How `trace` and `audit` tell what they found: headed sections of labelled lines, and where each contract is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentic_lakehouse.cli.output import console

if TYPE_CHECKING:
    from agentic_lakehouse.contracts.trace import TracedCall, TracedContract

MAX_TEXT = 600
"""Characters of a record or an answer that are printed; `--json` has all of it."""
LABEL_WIDTH = 11


def head(kind: str, text: str) -> None:
    """Begin a section."""
    console().print(f"\n{kind.upper()}  {text}", style="bold")


def tell(label: str, text: str) -> None:
    """Print a labelled line, folded beside its label; nothing where there is no text."""
    if not text:
        return
    from rich.padding import Padding
    from rich.table import Table

    line = Table.grid(padding=(0, 1))
    line.add_column(width=LABEL_WIDTH)
    line.add_column(overflow="fold")
    line.add_row(label, text)
    console().print(Padding(line, (0, 0, 0, 2)))


def more(command: str) -> None:
    """Name the command that shows more."""
    console().print(f"  → {command}", style="dim")


def cut(text: str, length: int = MAX_TEXT) -> str:
    """Return a text that is not longer than that."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def tell_contract(contract: TracedContract, *, answer: bool = True) -> None:
    """Print who approved a contract, when and why, and what it came from."""
    head(contract.kind, f"{contract.id}, {contract.status}")
    tell("sha256", contract.sha256)
    for decision in contract.decisions:
        note = f": {decision.note}" if decision.note else ""
        tell(decision.decision, f"by {decision.by} on {decision.at:%Y-%m-%d %H:%M} UTC{note}")
    if not contract.decisions:
        tell("approved", "by nobody yet")
    tell("waited for", contract.reason)
    tell("edited from", contract.parent)
    tell("comes from", contract.asked)
    if contract.call:
        _tell_call(contract.call, answer=answer)
    if contract.others:
        tell("besides", f"{len(contract.others)} more calls of that run")
    more(f"lakehouse review show {contract.id}")


def _tell_call(call: TracedCall, *, answer: bool) -> None:
    cost = "cost unknown" if call.cost_usd is None else f"{call.cost_usd:.4f} USD"
    tokens = call.input_tokens + call.output_tokens
    tell("prompt", f"{call.prompt}, sha256 {call.prompt_sha256[:12]}")
    tell("model", f"{call.model}, version {call.model_version or 'not told'}, {tokens} tokens, {cost}")
    tell("call", f"{call.id}, {call.at:%Y-%m-%d %H:%M} UTC, {call.status}")
    if answer:
        tell("raw answer", cut(call.raw_output))
