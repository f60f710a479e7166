"""How benchmarks print: aligned for the eye, or as the rows of benchmarks/README.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

PACKAGES = {
    "duckdb": "DuckDB",
    "polars": "Polars",
    "pyarrow": "PyArrow",
    "pyiceberg": "PyIceberg",
    "dlt": "dlt",
    "fastexcel": "fastexcel",
    "clevercsv": "CleverCSV",
    "valentine": "valentine",
}
"""Distributions whose versions a result depends on, as they are written."""


def machine() -> str:
    """Return the machine, the versions and the day in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    found = [f"{os.cpu_count()} cores", f"{memory:.0f} GB", f"Python {platform.python_version()}"]
    for distribution, name in PACKAGES.items():
        try:
            found.append(f"{name} {version(distribution)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return f"{', '.join(found)}, {datetime.now(UTC):%Y-%m-%d}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, markdown: bool) -> None:
    """Print a table; its first column holds names, the others numbers."""
    if markdown:
        print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
        for row in rows:
            print(f"| {' | '.join(row)} |")
        print()
        return
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    for name, *numbers in (header, *rows):
        cells = [name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True))]
        print("  ".join(cells).rstrip())
    print()
