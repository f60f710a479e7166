"""A process that asks a model about a file, with the lake as its journal; it may be told to die at the worst moment.

Run as `python -m agentic_lakehouse_tests.lake.asking CATALOG_URL FOLDER MODEL_URL FILE [dies]`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from agentic_lakehouse.brain.brain import Answer, Brain, Budget
from agentic_lakehouse.brain.budget import Bounds
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.errors import BudgetExceeded
from agentic_lakehouse.feeds.profile import profile
from agentic_lakehouse.feeds.sniff import sniff
from agentic_lakehouse.lake.lake import Lake

PROMPTS = Path(__file__).parents[2] / "prompts"
REFUSED = 3
"""Exit code of a process that the budget stopped."""


def ask(
    lake: Lake, model_url: str, file: Path, *, run_id: str, check: Callable[[FeedSpec], list[str]] = lambda _: []
) -> Answer[FeedSpec]:
    """Ask what a file is, with a budget of one call for all feeds in a day."""
    brain = Brain(
        ladder=("openai-chat:weak",),
        base_url=model_url,
        prompts=PROMPTS,
        journal=lake.governance,
        timeout_seconds=60,
        budget=Budget(day=Bounds(calls=1)),
    )
    about = profile(file, sniff(file, name=file.name), name=file.name, locale=None)
    return brain.describe(about, feed=Feed("acme", file.stem), facts=VendorFacts(), run_id=run_id, check=check)


def asking(catalog_url: str, folder: Path, model_url: str, file: Path, *then: str) -> subprocess.Popen[bytes]:
    """Start a process that asks."""
    return subprocess.Popen([sys.executable, "-m", __name__, catalog_url, str(folder), model_url, str(file), *then])


def _die(_: FeedSpec) -> list[str]:
    os.kill(os.getpid(), signal.SIGKILL)
    return []


def main(catalog_url: str, folder: str, model_url: str, file: str, *then: str) -> int:
    lake = Lake.open(catalog_url, folder)
    try:
        ask(lake, model_url, Path(file), run_id=f"run {os.getpid()}", check=_die if then else lambda _: [])
    except BudgetExceeded:
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
