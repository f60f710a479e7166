"""Vendor files in, an audited core table out: people own contracts and prompts, a model proposes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

__all__ = ["Lakehouse"]


def __getattr__(name: str) -> object:
    """Load the public class when it is first asked for: importing the package does no work."""
    if name == "Lakehouse":
        from agentic_lakehouse.pipeline.lakehouse import Lakehouse

        return Lakehouse
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
