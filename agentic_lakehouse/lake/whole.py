"""Whether a metadata file is whole, told from its bytes before anything is read from it.

pyiceberg takes a manifest that was cut short for one that ends there: rows would be missing, and the next
commit would make it so. And its fast decoder reads on past the end of a damaged one until the process dies.
"""

from __future__ import annotations

import json
import zlib
from functools import lru_cache
from io import BytesIO

from pyiceberg.avro.codecs.deflate import DeflateCodec
from pyiceberg.avro.decoder import StreamingBinaryDecoder
from pyiceberg.avro.file import MAGIC, META_SCHEMA, SYNC_SIZE, AvroFileHeader
from pyiceberg.avro.resolver import construct_reader, resolve_reader
from pyiceberg.exceptions import ResolveError, ValidationError
from pyiceberg.manifest import DEFAULT_READ_VERSION, MANIFEST_ENTRY_SCHEMAS, MANIFEST_LIST_FILE_SCHEMAS
from pyiceberg.table.metadata import TableMetadataUtil
from pyiceberg.utils.schema_conversion import AvroSchemaConversion

METADATA, MANIFEST_LIST, MANIFEST, DATA = "metadata file", "manifest list", "manifest", "data file"

_SCHEMAS = {MANIFEST_LIST: MANIFEST_LIST_FILE_SCHEMAS, MANIFEST: MANIFEST_ENTRY_SCHEMAS}
_RECORDS = {MANIFEST_LIST: "manifest_file", MANIFEST: "manifest_entry"}
"""Name of the Avro record that each holds (Iceberg spec, "Manifests" and "Manifest Lists")."""


def kind_of(location: str) -> str:
    """Return what a file of a table is, by its name."""
    name = location.rpartition("/")[2]
    if name.endswith(".metadata.json"):
        return METADATA
    if name.endswith(".avro"):
        return MANIFEST_LIST if name.startswith("snap-") else MANIFEST
    return DATA


def table_of(location: str) -> str:
    """Return the table `<namespace>.<name>` that a file belongs to; its file stands in `metadata/` or `data/`."""
    return ".".join(location.split("/")[-4:-2])


def fault(kind: str, content: bytes) -> str | None:
    """Return what is wrong with a metadata file, manifest list or manifest; `None` where it is whole."""
    if not content:
        return "is empty"
    return _fault_of_metadata(content) if kind == METADATA else _fault_of_avro(kind, content)


@lru_cache(maxsize=64)
def _fault_of_metadata(content: bytes) -> str | None:
    """Look at a table's metadata; a commit reads the same file several times."""
    try:
        TableMetadataUtil.parse_raw(content.decode())
    except (UnicodeDecodeError, ValidationError):
        return "does not hold a table's metadata, or not all of it"
    return None


def _fault_of_avro(kind: str, content: bytes) -> str | None:
    if not content.startswith(MAGIC):
        return "is no Avro file"
    try:
        record, blocks = _walk(kind, content)
    except EOFError:
        return "is cut short"
    except (ValueError, LookupError, TypeError, OverflowError, ResolveError, zlib.error):
        return "is garbled"
    if record != _RECORDS[kind]:
        return f"does not hold a {kind}"
    return None if blocks else "is cut short"


def _walk(kind: str, content: bytes) -> tuple[str, int]:
    """Go through an Avro container: a header, then blocks up to the very end, each closed by the header's mark.

    Returns:
        The name of the record that it holds, and the number of its blocks.

    Raises:
        EOFError: it ends too early.
        ValueError, LookupError, TypeError, OverflowError, ResolveError, zlib.error: it holds something else.
    """
    stream = BytesIO(content)
    decoder = StreamingBinaryDecoder(stream)
    header = construct_reader(META_SCHEMA, {-1: AvroFileHeader}).read(decoder)
    deflated = header.compression_codec() is DeflateCodec
    blocks = 0
    while stream.tell() < len(content):
        decoder.read_int()
        block = decoder.read(decoder.read_int())
        if decoder.read(SYNC_SIZE) != header.sync or (deflated and not _inflates(block)):
            raise ValueError
        blocks += 1
    return _record(kind, header.meta["avro.schema"]), blocks


@lru_cache(maxsize=64)
def _record(kind: str, schema: str) -> str:
    """Return the name of the record that a schema describes, if it can be read as what `kind` is; see `_walk`."""
    described = json.loads(schema)
    resolve_reader(AvroSchemaConversion().avro_to_iceberg(described), _SCHEMAS[kind][DEFAULT_READ_VERSION])
    return str(described["name"])


def _inflates(block: bytes) -> bool:
    """Whether a block is a whole deflate stream, and what is left of its checksum fits.

    pyiceberg cuts the checksum that zlib ends with off by one byte alone; raw deflate (RFC 1951) has none.
    """
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    plain = inflate.decompress(block)
    return inflate.eof and zlib.adler32(plain).to_bytes(4).startswith(inflate.unused_data)
