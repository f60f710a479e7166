"""The warehouse: where data and metadata files are, on a local path or in an object store.

Locations inside tables are absolute. A local one is a plain path, without `file://`.
"""

from __future__ import annotations

import os
import shutil
import uuid
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import fsspec
from pyiceberg.io import FileIO, load_file_io
from pyiceberg.manifest import DataFile
from pyiceberg.table import StaticTable

from agentic_lakehouse.errors import CatalogUnavailable, SettingsInvalid
from agentic_lakehouse.lake import storage
from agentic_lakehouse.lake.manifests import live_data_files
from agentic_lakehouse.lake.storage import damaged, missing

LOCAL_IO, REMOTE_IO = "agentic_lakehouse.lake.storage.LocalIO", "agentic_lakehouse.lake.object_store.RemoteIO"
_CHUNK = 8 * 1024 * 1024
"""Bytes that are copied at once to and from an object store."""


class Warehouse:
    """The root of all tables.

    Attributes:
        root: absolute folder, or URL, without a trailing slash.
        is_local: whether files are reached by their paths.
        properties: how pyiceberg reaches the files.
    """

    def __init__(self, uri: str) -> None:
        """Take a folder or an fsspec URL.

        Raises:
            SettingsInvalid: no file system is installed for the URL.
        """
        split = urlsplit(uri)
        self.is_local = "://" not in uri or split.scheme == "file"
        self.properties = {"py-io-impl": LOCAL_IO if self.is_local else REMOTE_IO}
        if self.is_local:
            path = unquote(split.path) if split.scheme == "file" else uri
            self.root = str(Path(path).expanduser().absolute())
        else:
            _require_file_system(split.scheme)
            self.root = uri.rstrip("/")
        # Metadata files never change, so a parsed one can be kept, and what a few of them lead to: a run looks for its
        # slice in the same table time and again.
        self.table_at = lru_cache(maxsize=128)(self._table_at)
        self.data_files_at = lru_cache(maxsize=4)(self._data_files_at)

    def make(self) -> None:
        """Make the root folder where there is none; object stores need none.

        Raises:
            CatalogUnavailable: it cannot be made.
        """
        if not self.is_local:
            return
        try:
            Path(self.root).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CatalogUnavailable(
                f"The warehouse {self.root} cannot be made: {error.strerror}.",
                hint="Check LAKEHOUSE_WAREHOUSE, and that its folder is writable by this user.",
                path=self.root,
            ) from error

    @property
    def io(self) -> FileIO:
        """What reads and writes files at locations of this warehouse."""
        return load_file_io(self.properties, self.root)

    def table_location(self, table: str) -> str:
        """Return the folder (or prefix) of a table `<namespace>.<name>`."""
        namespace, _, name = table.rpartition(".")
        return f"{self.root}/{namespace}/{name}"

    def new_location(self, table: str) -> str:
        """Return where a new data file of a table goes; no file is ever put there twice."""
        return f"{self.table_location(table)}/data/{uuid.uuid4().hex}.parquet"

    def put(self, path: Path, location: str) -> None:
        """Move a local file to a new location; where the warehouse is remote, upload it.

        Raises:
            CatalogUnavailable: it cannot be written there.
        """
        with self.told(location):
            if self.is_local:
                Path(location).parent.mkdir(parents=True, exist_ok=True)
                os.utime(path)  # says since when it is here: maintenance leaves new files alone
                shutil.move(path, location)
                return
            with path.open("rb") as source, self.io.new_output(location).create() as target:
                shutil.copyfileobj(source, target, _CHUNK)

    def local_copy(self, location: str, staging: Path, *, size: int) -> Path:
        """Return a local path of a data file: itself, or a copy in `staging` made on first use.

        Args:
            location: where the table says it is.
            staging: existing folder.
            size: bytes that the table says it has.

        Raises:
            CatalogUnavailable: the file is gone, of another size, or cannot be read.
        """
        path = Path(location) if self.is_local else self._downloaded(location, staging)
        with self.told(location):
            try:
                found = path.stat().st_size
            except FileNotFoundError as error:
                raise missing(location) from error
        if found != size:
            raise damaged(location, f"has {found} bytes instead of {size}")
        return path

    def _downloaded(self, location: str, staging: Path) -> Path:
        copy = staging / location.rpartition("/")[2]
        if not copy.exists():
            part = copy.with_suffix(".part")
            with self.told(location), self.io.new_input(location).open() as source, part.open("wb") as target:
                shutil.copyfileobj(source, target, _CHUNK)
            part.rename(copy)
        return copy

    def read_text(self, name: str) -> str | None:
        """Return what a small file in the root holds; `None` where there is none.

        Raises:
            CatalogUnavailable: it cannot be read.
        """
        location = f"{self.root}/{name}"
        file = self.io.new_input(location)
        with self.told(location):
            if not file.exists():
                return None
            with file.open() as source:
                return source.read().decode(errors="replace")

    def write_text(self, name: str, text: str) -> None:
        """Write a small file in the root; a reader sees all of it or none.

        Raises:
            CatalogUnavailable: it cannot be written.
        """
        location = f"{self.root}/{name}"
        with self.told(location):
            if not self.is_local:
                with self.io.new_output(location).create(overwrite=True) as target:
                    target.write(text.encode())
                return
            part = Path(f"{location}.{uuid.uuid4().hex}.part")
            part.write_text(text, encoding="utf-8")
            part.replace(location)

    def _table_at(self, location: str) -> StaticTable:
        """Read a table as one metadata file has it.

        Raises:
            CatalogUnavailable: the file is gone, or cannot be read.
        """
        with self.told(location):
            return StaticTable.from_metadata(location, self.properties)

    def _data_files_at(self, location: str) -> tuple[DataFile, ...]:
        """Return the data files of a table as one metadata file has it.

        Raises:
            CatalogUnavailable: that file, or a manifest that it leads to, is gone, damaged or incomplete.
        """
        table = self.table_at(location)
        with self.told(location):
            return tuple(live_data_files(table))

    def told(self, location: str) -> AbstractContextManager[None]:
        """Tell what a file system complains of in our words; for code that lets pyiceberg reach files.

        Raises:
            CatalogUnavailable: in place of an `OSError`.
        """
        return storage.told(location)


def _require_file_system(scheme: str) -> None:
    try:
        fsspec.get_filesystem_class(scheme)
    except (ImportError, ValueError) as error:
        raise SettingsInvalid(
            f"No file system for {scheme}:// is installed.",
            hint="Install the extra `s3`, or set LAKEHOUSE_WAREHOUSE to a local folder.",
            scheme=scheme,
        ) from error
