"""In which order the lake's own columns are derived: each after those that it reads."""

from __future__ import annotations

from agentic_lakehouse.contracts.standard import ProductStandard, StandardColumn
from agentic_lakehouse.errors import ContractInvalid
from agentic_lakehouse.pipeline.judgement import FACT_TYPES
from agentic_lakehouse.sql.compiler import columns_read


def derivation_order(standard: ProductStandard) -> list[list[StandardColumn]]:
    """Return derived columns in groups, each after the derived columns that it reads.

    Raises:
        ContractInvalid: they read each other in a circle.
    """
    waiting = [c for c in standard.columns if c.transform_logic is not None]
    known = [*(c.name for c in standard.columns), *FACT_TYPES]
    groups: list[list[StandardColumn]] = []
    while waiting:
        names = {c.name for c in waiting}
        ready = [
            c for c in waiting if not names & (set(columns_read(str(c.transform_logic), columns=known)) - {c.name})
        ]
        if not ready:
            raise ContractInvalid(
                f"{standard.label}: the derived columns {sorted(names)} read each other in a circle.",
                hint="Break the circle in their transformLogic.",
                columns=sorted(names),
            )
        groups.append(ready)
        waiting = [c for c in waiting if c not in ready]
    return groups
