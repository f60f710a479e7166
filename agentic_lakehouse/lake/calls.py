"""The journal of model calls: every attempt as sent and as received, and what they took.

A call is entered before it is made, and completed by compare-and-swap when its reply came and when that was judged.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from agentic_lakehouse.contracts.governed import ModelCall, Spending, Spent
from agentic_lakehouse.lake.governed_rows import CALLS, DEAD_LETTERS
from agentic_lakehouse.lake.records import records, values_of

Grouping = Literal["run", "feed", "prompt", "model"]
_GROUPS = {
    "run": CALLS.c.run_id,
    "feed": CALLS.c.feed,
    "prompt": CALLS.c.prompt,
    "model": sa.case((CALLS.c.model_version != "", CALLS.c.model_version), else_=CALLS.c.model),
}
_MADE = CALLS.c.cached.is_(False)
_OUTCOME = (
    "status", "model_version", "raw_output", "errors", "input_tokens", "output_tokens", "cost_usd", "seconds"
)  # fmt: skip
"""What a reply tells; all else stands as it was sent."""


def record(connection: sa.Connection, call: ModelCall) -> None:
    """Enter one attempt; the same call again changes nothing."""
    if connection.execute(sa.select(CALLS.c.seq).where(CALLS.c.id == call.id)).first() is None:
        connection.execute(CALLS.insert().values(values_of(call)))


def complete(connection: sa.Connection, call: ModelCall) -> None:
    """Enter what came of a call; nothing of one that was judged before is changed."""
    here = (CALLS.c.id == call.id, CALLS.c.status.in_(("sent", "received")))
    connection.execute(CALLS.update().where(*here).values({name: getattr(call, name) for name in _OUTCOME}))


def answered(connection: sa.Connection, request_sha256: str) -> ModelCall | None:
    """Return the latest call that answered exactly this request well, or whose answer was not judged yet."""
    good = (CALLS.c.request_sha256 == request_sha256, CALLS.c.status.in_(("ok", "received")), _MADE)
    query = sa.select(CALLS).where(*good).order_by(CALLS.c.seq.desc()).limit(1)
    return next(iter(records(connection, ModelCall, query)), None)


def turn(connection: sa.Connection, call: ModelCall) -> ModelCall | None:
    """Return the latest call of the same request, words and attempt in which a model wanted to look first."""
    same = [CALLS.c[name] == getattr(call, name) for name in ("request_sha256", "rendered_prompt", "attempt")]
    query = sa.select(CALLS).where(*same, CALLS.c.status == "turn", _MADE).order_by(CALLS.c.seq.desc()).limit(1)
    return next(iter(records(connection, ModelCall, query)), None)


def dead(connection: sa.Connection, feed: str | None, limit: int | None) -> list[ModelCall]:
    """Return attempts at questions that no model answered well, in their run or a later one, newest first."""
    letter = DEAD_LETTERS.c
    alike = (CALLS.c.feed == letter.feed, CALLS.c.prompt == letter.prompt)
    answered_since = sa.exists().where(*alike, CALLS.c.seq > letter.seq, CALLS.c.status == "ok")
    wanted = [~answered_since, letter.status != "turn", *([letter.feed == feed] if feed is not None else [])]
    query = sa.select(DEAD_LETTERS).where(*wanted).order_by(DEAD_LETTERS.c.seq.desc()).limit(limit)
    return records(connection, ModelCall, query)


def spent(
    connection: sa.Connection, *, feed: str | None = None, run_id: str | None = None, since: datetime | None = None
) -> Spent:
    """Return what calls took together: of a feed, of a run, since an instant, where these are given."""
    wanted: list[sa.ColumnElement[bool]] = [_MADE]
    if feed is not None:
        wanted.append(CALLS.c.feed == feed)
    if run_id is not None:
        wanted.append(CALLS.c.run_id == run_id)
    if since is not None:
        wanted.append(CALLS.c.created_at >= since)
    tokens = CALLS.c.input_tokens + CALLS.c.output_tokens
    calls, used, usd = connection.execute(
        sa.select(sa.func.count(), sa.func.sum(tokens), sa.func.sum(CALLS.c.cost_usd)).where(*wanted)
    ).one()
    return Spent(calls=calls, tokens=int(used or 0), usd=float(usd or 0))


def spending(connection: sa.Connection, by: Grouping, since: datetime | None) -> list[Spending]:
    """Return what calls took, by run, feed, prompt or model, the dearest first."""

    def total(value: sa.ColumnElement[float]) -> sa.ColumnElement[float]:
        return sa.func.coalesce(sa.func.sum(value), 0)

    def counted(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[float]:
        return total(sa.case((condition, 1), else_=0))

    c, usd = CALLS.c, total(sa.case((_MADE, CALLS.c.cost_usd), else_=0)).label("usd")
    query = (
        sa.select(
            _GROUPS[by].label("group"),
            counted(_MADE).label("calls"),
            counted(sa.and_(_MADE, c.status.not_in(("ok", "turn")))).label("failed"),
            counted(c.cached.is_(True)).label("cached"),
            total(sa.case((_MADE, c.input_tokens), else_=0)).label("input_tokens"),
            total(sa.case((_MADE, c.output_tokens), else_=0)).label("output_tokens"),
            usd,
            counted(sa.and_(_MADE, c.cost_usd.is_(None))).label("unpriced"),
            total(sa.case((_MADE, c.seconds), else_=0)).label("seconds"),
        )
        .where(*([c.created_at >= since] if since is not None else []))
        .group_by(_GROUPS[by])
        .order_by(usd.desc(), sa.text("calls DESC"), sa.text('"group"'))
    )
    rows = connection.execute(query).mappings()
    return [Spending(**row, tokens=row["input_tokens"] + row["output_tokens"]) for row in rows]
