"""`lakehouse describe`, `read` and `map`: one file, looked at without writing anything to the lake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table, say

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Vendor = Annotated[str | None, typer.Option(help="Vendor whose facts apply.")]
FeedName = Annotated[str | None, typer.Option("--feed", help="Name of the feed.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(describe)
    app.command()(read)
    app.command(name="map")(map_)


def describe(
    file: Annotated[Path, typer.Argument(help="A vendor file.")],
    vendor: Vendor = None,
    feed: FeedName = None,
    json: Json = False,
) -> None:
    """Say what a file is: its format, typed columns and keys. Nothing is written.

    Example: lakehouse describe data/landing/kontor/preisliste/preise.csv
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.preview import Preview, feed_of

    preview = Preview(Lakehouse(), file, feed_of(file, vendor=vendor, feed=feed))
    measured = preview.profile()
    answer = preview.spec(measured)
    spec = answer.value
    if json:
        print_json(
            {
                **spec.model_dump(mode="json"),
                "row_count": measured.rows_in_file,
                "is_sample": measured.is_sample,
                "byte_size": measured.byte_size,
                "sha256": preview.sha256(),
                "spec_sha256": spec.sha256,
                "model": answer.model_version,
                "errors": [],
                "warnings": [
                    {"source_name": name, "message": text} for name, told in measured.warnings.items() for text in told
                ],
            }
        )
        return
    form = {k: v for k, v in spec.format.model_dump().items() if v is not None}
    rows = f"{'about ' if measured.is_sample else ''}{measured.rows_in_file or 'unknown'}"
    console().print(f"{spec.feed}: {rows} rows, {measured.byte_size} bytes, {form}", markup=False)
    print_table(
        ("source", "name", "type", "format", "null", "description"),
        [
            (c.source_name, c.name, c.type, c.format or "", "yes" if c.nullable else "no", c.description)
            for c in spec.columns
        ],
    )
    for name, told in measured.warnings.items():
        console().print(*(f"Warning: {name!r}: {text}" for text in told), sep="\n", markup=False)
    if spec.fill_down:
        filled = ", ".join(spec.fill_down.columns)
        console().print(f"Filled down within {spec.fill_down.group}: {filled}.", markup=False)
    console().print(f"Key: {', '.join(spec.primary_key) or 'none'}. Described by {answer.model_version}.", markup=False)


def read(
    file: Annotated[Path, typer.Argument(help="A vendor file.")],
    to: Annotated[Path, typer.Option(help="Where to write: `.csv` or `.parquet`.")],
    as_text: Annotated[bool, typer.Option("--as-text", help="Cells as text, before typing.")] = False,
    vendor: Vendor = None,
    json: Json = False,
) -> None:
    """Write a file's rows as the lakehouse reads them; bad rows go to `OUT.errors.jsonl`.

    Example: lakehouse read prices.csv --to prices.parquet
    """
    from agentic_lakehouse.errors import UsageInvalid
    from agentic_lakehouse.pipeline.export import export_text, export_typed
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.preview import Preview, feed_of

    if to.suffix not in {".csv", ".parquet"}:
        raise UsageInvalid(f"{to}: cannot write this kind of file.", hint="End the name in `.csv` or `.parquet`.")
    preview = Preview(Lakehouse(), file, feed_of(file, vendor=vendor))
    export = export_text if as_text else export_typed
    written = export(preview, to)
    if json:
        print_json({"rows": written.rows, "error_rows": written.error_rows, "to": str(to), "errors": written.errors})
    say(
        f"{written.rows} rows to {to}, {written.error_rows} bad rows"
        + (f" to {written.errors}." if written.errors else ".")
    )


def map_(
    file_or_feed: Annotated[str, typer.Argument(metavar="FILE|V/F", help="A vendor file, or a feed of the lake.")],
    standard: Annotated[Path | None, typer.Option(help="ODCS file instead of LAKEHOUSE_STANDARD.")] = None,
    renew: Annotated[bool, typer.Option("--renew", help="File a new proposal for a feed of the lake.")] = False,
    vendor: Vendor = None,
    json: Json = False,
) -> None:
    """Propose how a file or feed maps onto the standard. Nothing is written, but for `--renew`.

    Example: lakehouse map kontor/preisliste
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.proposing import propose_for_feed, propose_for_file
    from agentic_lakehouse.settings import load_settings

    lakehouse = Lakehouse(load_settings(standard=standard))
    path = Path(file_or_feed)
    if path.is_file():
        proposed = propose_for_file(lakehouse, path, vendor=vendor)
    else:
        proposed = propose_for_feed(lakehouse, file_or_feed, renew=renew)
    mapping = proposed.mapping
    if json:
        print_json(
            {
                **mapping.model_dump(mode="json"),
                "sha256": mapping.sha256,
                "model": proposed.model,
                "status": proposed.status,
                "settled": proposed.settled,
            }
        )
        return
    print_table(
        ("target", "sources", "expression", "conf."),
        [
            (c.target, ", ".join(c.sources), c.expression, "" if c.confidence is None else f"{c.confidence:.2f}")
            for c in mapping.columns
        ],
    )
    out = console()
    out.print(f"Not taken: {', '.join(mapping.unmapped_sources) or 'nothing'}.", markup=False)
    out.print(f"Not filled: {', '.join(mapping.unmapped_targets) or 'nothing'}.", markup=False)
    if proposed.settled:
        share = f"{len(proposed.settled)} of {len(mapping.columns)}"
        out.print(f"Settled by names and values, no model asked: {share} columns.", markup=False)
    out.print(f"{proposed.status}, by {proposed.model}, {mapping.sha256[:12]}.", markup=False)
