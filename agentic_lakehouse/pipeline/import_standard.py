"""A standard from an OpenMetadata server: fetched, tested as any standard is, and only then written."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.yaml_file import read_yaml
from agentic_lakehouse.errors import ContractInvalid, StandardNotImported, UsageInvalid
from agentic_lakehouse.pipeline.openmetadata import OpenMetadata


@dataclass(frozen=True)
class Imported:
    """What was written."""

    path: Path
    source: str
    """Address that it came from."""
    standard: ProductStandard


def import_standard(
    server: OpenMetadata, *, table: str | None, contract: str | None, to: Path, force: bool = False
) -> Imported:
    """Write the ODCS export of a table's contract, or of a contract, to a file.

    Args:
        server: where it is.
        table: fully qualified name of the table, or
        contract: of the contract.
        to: file to write.
        force: whether a file that stands there is replaced.

    Raises:
        UsageInvalid: neither or both are named, the file stands already, or cannot be written.
        StandardNotImported: the server does not give it, or what it gives is no standard that can be used.
    """
    if (table is None) == (contract is None):
        raise UsageInvalid("One of a table and a contract is needed.", hint="Give `--table FQN` or `--contract NAME`.")
    if to.exists() and not force:
        raise UsageInvalid(f"{to} stands already.", hint="Give another `--to`, or `--force` to replace it.")
    if not to.parent.is_dir():
        raise UsageInvalid(f"There is no folder {to.parent}.", hint="Make it, or give another `--to`.")
    source = server.contract_of_table(table) if table is not None else server.contract_named(str(contract))
    content = server.export(source)
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".import-") as scratch:
        draft = Path(scratch) / to.name
        draft.write_bytes(content)
        try:
            mended = _mended(draft)
            came = f"# Imported from {source}\n# on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; sha256 of what came: "
            draft.write_text(f"{came}{hashlib.sha256(content).hexdigest()}\n{mended}", encoding="utf-8")
            standard = load_standard(draft)
        except ContractInvalid as error:
            raise StandardNotImported(
                error.message.replace(str(draft), f"What {source} gives"), hint=error.hint, url=source
            ) from error
        draft.replace(to)
    return Imported(to, source, standard)


def _mended(draft: Path) -> str:
    """Return a document's text, with custom properties as ODCS has them.

    OpenMetadata writes those of tables, columns and checks as one object of names and values, where ODCS wants a list
    (open-metadata/OpenMetadata, issue 33493), and empty ones as null.
    """
    document = read_yaml(draft).data
    changed = _listed(document)
    if changed == document:
        return draft.read_text(encoding="utf-8-sig")
    return yaml.safe_dump(changed, sort_keys=False, allow_unicode=True, width=120)


def _listed(node: Any) -> Any:
    if isinstance(node, list):
        return [_listed(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _listed(value) for key, value in node.items() if value is not None}
    custom = found.get("customProperties")
    if isinstance(custom, dict):
        found["customProperties"] = [{"property": name, "value": value} for name, value in custom.items()]
    return found
