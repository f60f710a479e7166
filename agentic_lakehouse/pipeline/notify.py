"""Tell people of each change of a feed's state, once: late, failed, waiting for review, published again, fresh again.

What is told is a state and not a run. A feed at rest that publishes one delivery after the other has nothing to tell.
The outbox in the catalog database (`lake/notices.py`) keeps what was told last, so that any number of processes tell it
once, and what could not be sent is sent by whoever comes by next. Nothing that happens here fails a run.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.notice import AT_REST, Change, Channel, Notice
from agentic_lakehouse.errors import LakehouseError, SettingsInvalid
from agentic_lakehouse.lake.notices import Notices
from agentic_lakehouse.pipeline.channels import NotDelivered, Teller, tellers
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.states import FeedState, states

PATIENCE = 30.0
"""Seconds that one channel may take at an occasion: a sensor's tick is ended after 60."""
MAX_TEXT = 400
_DEFUSED = str.maketrans({"<": "‹", ">": "›", "@": "＠"})
"""Chat services read `<!channel>` and `@all` as a call to everybody; a vendor's text may hold either."""


class Notifier:
    """Tells people how feeds stand, where a channel is set."""

    def __init__(self, lakehouse: Lakehouse) -> None:
        """Look which channels there are.

        Raises:
            SettingsInvalid: what the settings say of one does not fit.
        """
        self._house = lakehouse
        self._tellers = tellers(lakehouse.settings)
        self._silent: set[Channel] = set()

    @property
    def channels(self) -> list[Channel]:
        """The channels that are set."""
        return [teller.channel for teller in self._tellers]

    def require_channel(self) -> None:
        """Demand that there is a channel.

        Raises:
            SettingsInvalid: none is set.
        """
        if not self._tellers:
            raise SettingsInvalid(
                "Nobody is told anything: no channel is set.",
                hint="Set LAKEHOUSE_WEBHOOK_URL, or LAKEHOUSE_SMTP_HOST with _FROM and _TO.",
            )

    def tell(
        self, found: Collection[FeedState], *, now: datetime | None = None, seconds: float = PATIENCE
    ) -> list[Notice]:
        """Tell what is new of feeds, and what is due from before. A channel that fails is left alone from then on.

        Args:
            found: how feeds stand.
            now: the instant at which they do.
            seconds: how long each channel may take for all of it; what is left then waits for the next occasion.

        Returns:
            The notices that were tried, as they stand now.
        """
        if not self._tellers:
            return []
        notices, at = self._house.bare_lake.notices, now or datetime.now(UTC)
        notices.enter(list(changes(found)), self.channels, now=at)
        return [notice for teller in self._tellers for notice in self._send(teller, notices, at, seconds)]

    def tell_of(self, feed: Feed) -> None:
        """Tell what is new of one feed, at the end of its run. Whatever goes wrong, the run ended as it did."""
        if not self._tellers:
            return
        try:
            self.tell(states(self._house, [feed]), seconds=self._house.settings.notify_timeout_seconds)
        except LakehouseError:  # what cannot be looked at now is told at the next occasion
            return

    def untold(self, found: Collection[FeedState], *, now: datetime | None = None) -> list[Notice]:
        """Return what `tell` would tell anew; nothing is written or sent."""
        return self._house.bare_lake.notices.untold(list(changes(found)), self.channels, now=now or datetime.now(UTC))

    def _send(self, teller: Teller, notices: Notices, now: datetime, seconds: float) -> Iterator[Notice]:
        if teller.channel in self._silent:
            return
        ends, each = time.monotonic() + seconds, self._house.settings.notify_timeout_seconds
        for notice in notices.due(teller.channel, now=now):
            left = ends - time.monotonic()
            claimed = notices.claim(notice, now=now) if left > 0 else None
            if claimed is None:
                continue
            try:
                teller.tell(claimed, seconds=min(each, left))
            except NotDelivered as error:
                self._silent.add(teller.channel)
                yield notices.unsent(claimed, error=str(error), now=now)
                return
            yield notices.sent(claimed, now=now)


def changes(found: Collection[FeedState]) -> Iterator[Change]:
    """Yield the states of feeds that are certain; of one that is being worked on, how its run ends is not."""
    for state in found:
        if (run := _run_state(state)) is not None:
            yield _change(state, "run", run)
        yield _change(state, "delivery", "late" if state.late else AT_REST["delivery"])


def _run_state(state: FeedState) -> str | None:
    if state.state == "running":
        return None
    if state.status == "failed":
        return f"failed:{state.failure}"
    if state.state == "waiting":
        return f"awaiting_review:{state.proposal}"
    # Approved or asked for again, and not run yet: still as it was told last.
    return AT_REST["run"] if state.status in {"published", "unchanged"} else None


def _change(state: FeedState, topic: Any, now: str) -> Change:
    facts = state.model_dump(mode="json", exclude={"feed", "state", "reason"}, exclude_defaults=True)
    return Change(
        feed=state.feed,
        topic=topic,
        state=now,
        text=_plain(_text(state, now)),
        facts={**facts, "reason": _plain(state.reason)} if now.startswith(("failed", "awaiting")) else facts,
    )


def _text(state: FeedState, now: str) -> str:
    kind = now.partition(":")[0]
    if kind == "failed":
        tried = f", attempt {state.attempt} of {state.max_attempts}" if state.attempt else ""
        again = f", next try {_at(state.next_try_at)}" if state.next_try_at else ""
        return f"{state.feed} failed{tried}{again}: {state.reason}"
    if kind == "awaiting_review":
        return f"{state.feed} waits for review: {state.reason} ({state.command})"
    if kind == "late":
        since = f"since {_at(state.due_at)}" if state.due_at else "nothing was ever delivered"
        last = f"; the last one came {_at(state.last_delivery)}" if state.last_delivery else ""
        return f"{state.feed} is late: {since} (expected {state.expected}){last}"
    if kind == "fresh":
        return f"{state.feed} is fresh again"
    return f"{state.feed} is published again, nothing is left to do"


def _at(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC" if instant else ""


def _plain(text: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in text.translate(_DEFUSED))
    words = " ".join(shown.split())
    return words if len(words) <= MAX_TEXT else f"{words[: MAX_TEXT - 1]}…"
