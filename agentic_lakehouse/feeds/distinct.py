"""Count distinct values exactly up to a bound, and within about one percent beyond it."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

REGISTER_BITS = 14
_REGISTERS = 1 << REGISTER_BITS


class DistinctCounter:
    """Distinct 64-bit hashes of a column, in memory that does not grow with the file.

    Up to `limit` hashes are kept. Beyond, HyperLogLog takes over (Flajolet et al., 2007; with 2^14
    registers its standard error is 0.8 %).
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._seen = pl.Series(dtype=pl.UInt64)
        self._new: list[pl.Series] = []
        self._registers: NDArray[np.uint8] | None = None

    def add(self, hashes: pl.Series) -> None:
        """Take in the hashes of some values."""
        if self._registers is not None:
            self._estimate_with(self._registers, hashes)
            return
        self._new.append(hashes)
        if sum(map(len, self._new)) > len(self._seen):
            self._merge()

    @property
    def is_exact(self) -> bool:
        """Whether `count` is exact."""
        self._merge()
        return self._registers is None

    @property
    def count(self) -> int:
        """Number of distinct values."""
        self._merge()
        return len(self._seen) if self._registers is None else _estimate(self._registers)

    def _merge(self) -> None:
        if not self._new:
            return
        self._seen = pl.concat([self._seen, *self._new]).unique()
        self._new = []
        if len(self._seen) > self._limit:
            self._registers = np.zeros(_REGISTERS, dtype=np.uint8)
            self._estimate_with(self._registers, self._seen)
            self._seen = self._seen.clear()

    @staticmethod
    def _estimate_with(registers: NDArray[np.uint8], hashes: pl.Series) -> None:
        bits = hashes.to_numpy()
        rest = bits >> np.uint64(REGISTER_BITS)
        width = 64 - REGISTER_BITS
        rank = width - np.floor(np.log2(np.maximum(rest, 1).astype(np.float64))).astype(np.int64)
        rank[rest == 0] = width + 1
        np.maximum.at(registers, (bits & np.uint64(_REGISTERS - 1)).astype(np.int64), rank.astype(np.uint8))


def _estimate(registers: NDArray[np.uint8]) -> int:
    alpha = 0.7213 / (1 + 1.079 / _REGISTERS)
    return round(alpha * _REGISTERS**2 / float(np.sum(2.0 ** -registers.astype(np.float64))))
