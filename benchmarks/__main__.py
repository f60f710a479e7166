"""`make bench` runs every benchmark; `python -m benchmarks NAME` runs one, with options of its own.

`python -m benchmarks --markdown` prints the rows of README.md.
"""

from __future__ import annotations

import importlib
import sys

BENCHMARKS: dict[str, list[str]] = {
    "load": [],
    "documents": ["--mb", "50"],  # 200, its own default, takes a quarter of an hour
    "lake": [],
    "fold": [],
    "messy": [],
    "matching": [],
    "feeds": [],
}
"""Modules beside this one, each with a `main` that takes its arguments, to what they are given when all run."""


def main() -> None:
    """Run the benchmark that is named, or all of them."""
    chosen: dict[str, list[str]]
    match sys.argv[1:]:
        case [] | ["--markdown"]:
            chosen = {name: [*arguments, *sys.argv[1:]] for name, arguments in BENCHMARKS.items()}
        case [name, *arguments] if name in BENCHMARKS:
            chosen = {name: arguments}
        case _:
            sys.exit(f"usage: python -m benchmarks [{' | '.join(BENCHMARKS)}] [--markdown | --help]")
    for name, arguments in chosen.items():
        print(f"{name}\n", file=sys.stderr, flush=True)
        importlib.import_module(f"benchmarks.{name}").main(arguments)


if __name__ == "__main__":
    main()
