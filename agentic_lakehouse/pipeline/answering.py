"""A person's answer to an inbox item: the mapping in force learns the word, in that person's name.

The new mapping is checked as any edit is, filed and approved; the feed's next run folds its slice again, and what was
kept for the word resolves. Dismissing changes no mapping: the word is told no more, and costs what it cost.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import SecretStr

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Proposal, Review
from agentic_lakehouse.contracts.inbox import InboxItem
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.yaml_file import did_you_mean
from agentic_lakehouse.errors import ContractInvalid, UsageInvalid
from agentic_lakehouse.pipeline.edit import proposed_by_person, refuted, where_it_stands
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.proposals import mapping_of
from agentic_lakehouse.pipeline.review import lessons, require_token
from agentic_lakehouse.pipeline.unseen import Line, word_lists
from agentic_lakehouse.sql.word_lists import WordList, key_of

NONE = "none"
"""How a person says that a word stands for none of the listed values, unless it is one of them."""
TRIES = 5
"""How often an answer is made anew where others answer words of the same feed meanwhile."""


def answer(
    house: Lakehouse, item_id: str, said: str, *, by: str, note: str = "", token: SecretStr | None = None
) -> InboxItem:
    """Say which listed value an unseen word stands for.

    Args:
        house: the lakehouse.
        item_id: of the inbox, or the beginning of one.
        said: one of the target's listed values, or `none`.
        by: who says so.
        note: why.
        token: of those who decide, where the lake has one.

    Raises:
        ReviewRefused: the token is missing or another one.
        UsageInvalid: there is no such item, it is answered already, the value is not listed, or no mapping in force
            reads the word.
        ContractInvalid: the mapping cannot hold the word.
    """
    require_token(house, token)
    for _ in range(TRIES):
        item = house.lake.governance.inbox_item(item_id)
        if item.kind == "new_column":
            raise UsageInvalid(
                f"{item.id} is a column that is new, {item.source!r}: no value stands for it.",
                hint=f"Map it with `lakehouse review edit`, or close it with `lakehouse inbox dismiss {item.id}`.",
                item=item.id,
            )
        if item.status == "answered":
            raise UsageInvalid(
                f"{item.id} is answered: {item.by} says that {item.word!r} is {item.answer or NONE}.",
                hint="Change it in the mapping: `lakehouse review edit`.",
                item=item.id,
            )
        standing = house.lake.governance.standing_mappings(Feed.parse(item.feed))
        base = _mapping_in_force(house, item)
        line = _line(house, item, mapping_of(base))
        value = _meant(line, said)
        filed = _learned(house, item, value, line, base=base, by=by)
        review = Review(
            proposal_id=filed.id,
            sha256=filed.sha256,
            decision="approved",
            by=by,
            note=note,
            created_at=filed.created_at,
        )
        done = house.lake.governance.answer(
            item,
            value,
            standing=standing,
            filed=filed,
            review=review,
            learned=[p for p in lessons(house, filed, review) if (p.kind, p.text) == ("word", item.word)],
        )
        if done is not None:
            return done
    raise UsageInvalid(f"The mapping of {item.feed} is being changed by others.", hint="Answer again.", item=item.id)


def dismiss(house: Lakehouse, item_id: str, *, by: str, note: str = "") -> InboxItem:
    """Say that an item is not worth an answer: it is told no more.

    Raises:
        UsageInvalid: there is no such item, or it is answered or dismissed already.
    """
    item = house.lake.governance.inbox_item(item_id)
    if item.status != "open":
        raise UsageInvalid(
            f"{item.id} is {item.status}, by {item.by}.", hint="`lakehouse inbox` lists what is open.", item=item.id
        )
    return house.lake.governance.settle(item, "dismissed", by=by, note=note, at=datetime.now(UTC))


def _mapping_in_force(house: Lakehouse, item: InboxItem) -> Proposal:
    found = house.mapping_in_force(Feed.parse(item.feed))
    if found is None:
        raise UsageInvalid(
            f"{item.feed} has no mapping in force that could learn {item.word!r}.",
            hint="See what waits with `lakehouse review list`.",
            item=item.id,
        )
    return found


def _line(house: Lakehouse, item: InboxItem, mapping: Mapping) -> Line:
    feed = Feed.parse(item.feed)
    columns = house.bronze_types(feed, where_it_stands(house, feed))
    lines = word_lists(mapping, standard=house.standard, columns=columns)
    found = next((line for line in lines if line.is_of(item)), None)
    if found is None:
        raise UsageInvalid(
            f"The mapping of {item.feed} no longer fills {item.target!r} from the words of {item.source!r}.",
            hint=f"Close it with `lakehouse inbox dismiss {item.id}`.",
            item=item.id,
        )
    return found


def _meant(line: Line, said: str) -> str | None:
    listed = line.target.valid_values
    if said in listed:
        return said
    if said.lower() == NONE:
        return None
    raise UsageInvalid(
        f"{said!r} is no value of {line.target.name!r}; these are: {', '.join(listed)}.",
        hint=did_you_mean(said, [*listed, NONE]),
        target=line.target.name,
    )


def _learned(house: Lakehouse, item: InboxItem, value: str | None, line: Line, *, base: Proposal, by: str) -> Proposal:
    """Return the mapping that knows the word, checked; nothing is filed."""
    spec, before = house.spec_in_force(Feed.parse(item.feed)), mapping_of(base)
    kept = {word: meant for word, meant in line.listed.pairs.items() if key_of(word) != key_of(item.word)}
    told = WordList(line.listed.text, {**kept, item.word: value})
    mapping = _with(before, line, told)
    wrong = [] if told.fits else [f"the expression of {item.target!r} would become too long"]
    if wrong := wrong or refuted(house, spec, mapping):
        raise ContractInvalid(
            f"The mapping of {item.feed} cannot learn {item.word!r}: {'; '.join(wrong)}.",
            hint=f"Dismiss it, or write your own mapping: `lakehouse review edit {base.id} FILE`.",
            item=item.id,
            errors=wrong,
        )
    reason = f"{base.id}, with {item.word!r} as {by} says"
    return proposed_by_person(house, spec, mapping, parent=base.id, at=datetime.now(UTC), reason=reason)


def _with(mapping: Mapping, line: Line, told: WordList) -> Mapping:
    """Return a mapping in which a line has other words."""
    columns = tuple(
        c.model_copy(update={"expression": told.sql}) if c.target == line.target.name else c for c in mapping.columns
    )
    return mapping.model_copy(update={"columns": columns})
