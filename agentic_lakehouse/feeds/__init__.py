"""Feeds: find vendor files, keep their bytes, sniff, profile and read them. Never decides meaning."""
