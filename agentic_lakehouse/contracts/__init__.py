"""Contracts: what people own and review. Typed, frozen, hashable; no I/O but YAML."""
