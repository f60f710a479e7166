"""Pipeline: the steps as plain functions. Knows neither Dagster nor the order of the steps."""
