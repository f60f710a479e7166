"""Sql: one language for expressions. Guard, helper macros, and a compiler to a dialect. Runs nothing."""
