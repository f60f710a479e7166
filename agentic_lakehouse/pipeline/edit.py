"""A person's own version of a spec or mapping, checked as a model's is.

What a spec claims of its cells is not checked here but on every row that is read under it: more bad rows than the
policy allows refuse the delivery.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.files import parse_edited
from agentic_lakehouse.contracts.governed import Proposal, ProposalKind
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.tables import bronze_name
from agentic_lakehouse.engines.cells import require_readable
from agentic_lakehouse.errors import ContractInvalid, UsageInvalid
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.conform import relation
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.map import reads
from agentic_lakehouse.pipeline.proposals import proposal_id, spec_of
from agentic_lakehouse.pipeline.retype import named_apart


def checked(house: Lakehouse, found: Proposal, text: str, *, name: Path) -> tuple[FeedSpec | Mapping, FeedSpec]:
    """Read what a person made of a proposal, and check it as a model's answer is; nothing is filed.

    Args:
        house: the lakehouse.
        found: what was edited.
        text: the contract as it should be, as YAML or JSON.
        name: file that it is from, as errors name it.

    Returns:
        The contract, and the spec that it is or reads.

    Raises:
        UsageInvalid: it is of a kind that nobody writes.
        ContractInvalid: the text does not hold a contract of that feed, or what it says does not hold.
    """
    feed = Feed.parse(found.feed)
    if found.kind == "spec":
        spec = _spec(house, feed, parse_edited(text, FeedSpec, name=name), spec_of(found), name)
        return spec, spec
    if found.kind == "mapping":
        spec = house.spec_in_force(feed)
        return _mapping(house, spec, parse_edited(text, Mapping, name=name), name), spec
    raise UsageInvalid(
        f"Proposal {found.id} is an {found.kind}: it follows from the data.",
        hint=f"`lakehouse review approve {found.id}` or `reject` it.",
        proposal_id=found.id,
    )


def proposed_by_person(
    house: Lakehouse, spec: FeedSpec, contract: FeedSpec | Mapping, *, parent: str, at: datetime, reason: str
) -> Proposal:
    """Return a person's spec, or mapping of what `spec` describes, as a proposal; nothing is filed."""
    kind: ProposalKind = "spec" if isinstance(contract, FeedSpec) else "mapping"
    return Proposal(
        id=proposal_id(kind, spec.feed, contract.sha256),
        feed=str(spec.feed),
        kind=kind,
        status="proposed",
        sha256=contract.sha256,
        content=contract.model_dump(mode="json"),
        shape_sha256=spec.shape_sha256,
        standard_sha256=house.standard.sha256 if kind == "mapping" else "",
        facts_sha256=house.facts(spec.feed).judgement_sha256 if kind == "mapping" else "",
        parent=parent,
        reason=reason,
        created_at=at,
    )


def where_it_stands(house: Lakehouse, feed: Feed) -> View:
    """Return the lake as the feed's next run would find its bronze: on its branch where one stands."""
    return house.lake.view(feed.branch if house.has_work(feed) else "main")


def refuted(house: Lakehouse, spec: FeedSpec, mapping: Mapping) -> list[str]:
    """Return what is wrong with a mapping, tried on the feed's bronze as a model's is."""
    with house.staging() as scratch:
        bronze = relation(where_it_stands(house, spec.feed), bronze_name(house.standard, spec), scratch)
        with house.dry_run(spec, bronze, scratch) as trial:
            return trial.refuted(mapping)


def _spec(house: Lakehouse, feed: Feed, spec: FeedSpec, before: FeedSpec, path: Path) -> FeedSpec:
    _require_of_feed(path, feed, spec.feed)
    columns, known = {c.source_name for c in spec.columns}, {c.source_name for c in before.columns}
    if columns != known:
        raise ContractInvalid(
            f"{path}: its source columns are not those of the file: {', '.join(sorted(columns ^ known))}.",
            hint="Describe every column of the file by its header, and no others.",
            file=str(path),
        )
    for column in spec.columns:
        require_readable(column)
    return named_apart(spec, house.bronze_types(feed, house.lake.view()))


def _mapping(house: Lakehouse, spec: FeedSpec, mapping: Mapping, path: Path) -> Mapping:
    _require_of_feed(path, spec.feed, Feed.parse(mapping.feed))
    names = {c.source_name: c.name for c in spec.columns}
    wrong = [f"{line.target!r}: its expression reads other columns than its sources" for line in mapping.columns
             if not reads(line, names)]  # fmt: skip
    if mapping.standard != house.standard.label:
        wrong.append(f"it is for {mapping.standard}, the standard in force is {house.standard.label}")
    wrong += refuted(house, spec, mapping)
    if wrong:
        raise ContractInvalid(
            f"{path}: the mapping does not hold: {'; '.join(wrong)}.",
            hint="See `lakehouse review show` for the lines as proposed.",
            file=str(path),
            errors=wrong,
        )
    return mapping


def _require_of_feed(path: Path, feed: Feed, said: Feed) -> None:
    if said != feed:
        raise ContractInvalid(
            f"{path} is about {said}, the proposal about {feed}.",
            hint=f"Begin with what `lakehouse review show ID --json` prints of a proposal of {feed}.",
            file=str(path),
        )
