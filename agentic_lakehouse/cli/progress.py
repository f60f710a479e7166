"""A progress bar on a terminal, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Done(Protocol):
    """What became of a feed."""

    @property
    def feed(self) -> str:
        """Its name."""
        ...

    @property
    def status(self) -> str:
        """How it ended, in a word."""
        ...


@contextmanager
def progress(total: int) -> Iterator[Callable[[Done], None]]:
    """Show how many of `total` feeds are done; gives the function to tell each result to."""
    stderr = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stderr, disable=not stderr.is_terminal, transient=True) as bar:
        task = bar.add_task("feeds", total=total)

        def on_done(result: Done) -> None:
            bar.update(task, advance=1, description=f"{result.feed} {result.status}")

        yield on_done
