"""Engines: load files to typed Parquet, and run SQL from Parquet to Parquet, in a staging folder."""
