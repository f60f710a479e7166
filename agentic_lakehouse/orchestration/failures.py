"""A lakehouse error as Dagster shows it: one clear message, its hint and its details."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from agentic_lakehouse.errors import LakehouseError


@contextmanager
def told_clearly() -> Iterator[None]:
    """Turn a lakehouse error into a `dg.Failure` that Dagster does not try again by itself.

    What caused it stays out of Dagster's log: the message says all, and a library's own words may quote a secret.
    """
    try:
        yield
    except LakehouseError as error:
        raise dg.Failure(
            description=str(error),
            metadata={"reason": error.reason, "hint": error.hint or ""},
            allow_retries=False,
        ) from None
