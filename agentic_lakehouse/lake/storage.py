"""How pyiceberg reads and writes files of the warehouse: as it does by itself, but only whole ones.

Whoever reads a metadata file, a manifest list or a manifest, our code or pyiceberg's in the middle of a
commit, gets it proven, or one error that names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from pyiceberg.io import InputFile, InputStream
from pyiceberg.io.pyarrow import PyArrowFileIO

from agentic_lakehouse.errors import CatalogUnavailable
from agentic_lakehouse.lake.whole import DATA, fault, kind_of, table_of

HEAL = "`lakehouse doctor` lists what is damaged, and says what heals it."


class ProvenFile(InputFile):
    """A file that is looked at before it is read; data files are passed on as they are."""

    def __init__(self, file: InputFile) -> None:
        super().__init__(file.location)
        self._file = file

    def __len__(self) -> int:
        return len(self._file)

    def exists(self) -> bool:
        """Whether it is there."""
        return self._file.exists()

    def open(self, seekable: bool = True) -> InputStream:
        """Open it for reading.

        Raises:
            CatalogUnavailable: it is not there, or not whole.
        """
        kind = kind_of(self.location)
        try:
            if kind == DATA:
                return self._file.open(seekable)
            with self._file.open() as stream:
                content = stream.read()
        except FileNotFoundError as error:
            raise missing(self.location) from error
        if (wrong := fault(kind, content)) is not None:
            raise damaged(self.location, wrong)
        return BytesIO(content)


class LocalIO(PyArrowFileIO):
    """Files on a local path."""

    def new_input(self, location: str) -> Any:
        """Return a file to read, proven when it is opened."""
        return ProvenFile(super().new_input(location))


@contextmanager
def told(location: str) -> Iterator[None]:
    """Tell what a file system complains of in our words.

    Raises:
        CatalogUnavailable: in place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise CatalogUnavailable(
            f"The warehouse cannot be used at {location}: {error.strerror or error}.",
            hint="Check the space, the permissions and the network of LAKEHOUSE_WAREHOUSE.",
            location=location,
        ) from error


def missing(location: str) -> CatalogUnavailable:
    """Return the error that names a file which a table refers to and which is not there."""
    return CatalogUnavailable(
        f"{table_of(location)} refers to the {kind_of(location)} {location}, which is not there.",
        hint=f"Was the warehouse moved or cleaned by hand? {HEAL}",
        table=table_of(location),
        location=location,
    )


def damaged(location: str, wrong: str) -> CatalogUnavailable:
    """Return the error that names a damaged file; `wrong` says what is wrong with it."""
    return CatalogUnavailable(
        f"{table_of(location)} cannot be read: its {kind_of(location)} {location} {wrong}.",
        hint=HEAL,
        table=table_of(location),
        location=location,
    )
