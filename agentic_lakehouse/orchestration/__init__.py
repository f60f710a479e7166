"""Orchestration: the graph in Dagster, and what the UI shows of it."""
