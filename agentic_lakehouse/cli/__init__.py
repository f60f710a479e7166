"""The command line: thin, for people and scripts."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `lakehouse`; the only place where an error becomes an exit code."""
    from agentic_lakehouse.cli.app import run

    sys.exit(run(sys.argv[1:]))
