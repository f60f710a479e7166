"""`make bench` runs every benchmark; `python -m benchmarks NAME` runs one, with options of its own."""

from __future__ import annotations

import importlib
import sys

BENCHMARKS = ("load", "lake", "fold", "messy")
"""Modules beside this one, each with a `main` that takes its arguments."""


def main() -> None:
    """Run the benchmark that is named, or all of them."""
    chosen: dict[str, list[str]]
    match sys.argv[1:]:
        case []:
            chosen = {name: [] for name in BENCHMARKS}
        case [name, *arguments] if name in BENCHMARKS:
            chosen = {name: arguments}
        case _:
            sys.exit(f"usage: python -m benchmarks [{' | '.join(BENCHMARKS)}] [--help]")
    for name, arguments in chosen.items():
        importlib.import_module(f"benchmarks.{name}").main(arguments)


if __name__ == "__main__":
    main()
