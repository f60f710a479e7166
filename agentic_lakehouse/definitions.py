"""The Dagster code location: composes, defines nothing."""

from __future__ import annotations

import dagster as dg

from agentic_lakehouse.orchestration.graph import graph
from agentic_lakehouse.settings import forget_review_token, load_settings


@dg.definitions
def defs() -> dg.Definitions:
    """Return the graph for the settings of the environment."""
    forget_review_token()
    return graph(load_settings())
