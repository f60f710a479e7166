"""Counts of one reading of a column: how many values fit it, how long they are, and between which they lie."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass
class Tally:
    """How often one reading fits, and between which values."""

    matches: int = 0
    whole: int = 0
    fraction: int = 0
    least: tuple[float, str] | None = None
    greatest: tuple[float, str] | None = None

    def add(self, found: pl.DataFrame) -> None:
        """Take in values that fit: columns `value`, `n`, `key` (a number to order by) and maybe digits."""
        if found.is_empty():
            return
        self.matches += int(found["n"].sum())
        if "whole" in found.columns:
            self.whole = max(self.whole, _most(found["whole"]))
            self.fraction = max(self.fraction, _most(found["fraction"]))
        low, high = found["key"].arg_min(), found["key"].arg_max()
        if low is not None and high is not None:
            self._extend(
                (float(found["key"][low]), found["value"][low]), (float(found["key"][high]), found["value"][high])
            )

    def merge(self, other: Tally) -> None:
        """Take in what another tally counted."""
        self.matches += other.matches
        self.whole = max(self.whole, other.whole)
        self.fraction = max(self.fraction, other.fraction)
        if other.least and other.greatest:
            self._extend(other.least, other.greatest)

    def _extend(self, low: tuple[float, str], high: tuple[float, str]) -> None:
        self.least = low if self.least is None else min(self.least, low)
        self.greatest = high if self.greatest is None else max(self.greatest, high)


def _most(counts: pl.Series) -> int:
    most = counts.max()
    return most if isinstance(most, int) else 0
