"""How pyiceberg reads and writes files of an object store; imported for a remote warehouse alone, for its clients."""

from __future__ import annotations

from typing import Any

from pyiceberg.io.fsspec import FsspecFileIO

from agentic_lakehouse.lake.storage import ProvenFile


class RemoteIO(FsspecFileIO):
    """Files in an object store."""

    def new_input(self, location: str) -> Any:
        """Return a file to read, proven when it is opened."""
        return ProvenFile(super().new_input(location))
