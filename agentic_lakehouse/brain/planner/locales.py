"""How a vendor writes numbers and dates, where the file itself leaves it open: by its locale and country."""

from __future__ import annotations

from agentic_lakehouse.contracts.profile import TypeEvidence
from agentic_lakehouse.contracts.vendor import VendorFacts

MONTH_FIRST = frozenset({"US", "PH", "FM", "MH", "PW", "AS", "GU", "MP", "PR", "VI"})
"""Countries that write the month first (CLDR short date patterns)."""


def writes(facts: VendorFacts, evidence: TypeEvidence) -> bool:
    """Say whether the vendor may be expected to write this format: decimal mark, order of day and month."""
    style = evidence.format or ""
    if evidence.type in {"date", "timestamp"} and "%d" in style and "%m" in style and not style.startswith("%Y"):
        return (style.index("%m") < style.index("%d")) == (_country(facts) in MONTH_FIRST)
    mark = decimal_mark(facts.locale)
    return mark is not None and evidence.type == "decimal" and f"{mark}56" in style


def decimal_mark(locale: str | None) -> str | None:
    """Return the decimal mark of a CLDR locale, or `None` where there is none."""
    from babel import Locale, UnknownLocaleError

    try:
        mark = Locale.parse((locale or "").replace("-", "_")).number_symbols["latn"]["decimal"]
    except (UnknownLocaleError, ValueError, KeyError, TypeError):
        return None
    return str(mark)


def _country(facts: VendorFacts) -> str:
    return facts.country or (facts.locale or "").replace("-", "_").rpartition("_")[2].upper()
