"""Keeping a lake lean: leftovers of dead runs, small files, old history, kept bytes, orphans."""
