"""Contracts over vendor files: bronze, mapping, audit and publish. See the README."""
