"""Carries a decision to `pipeline.review`, and tells what came of it in words and as an HTTP status."""

from __future__ import annotations

from dataclasses import dataclass
from getpass import getuser
from typing import Literal

from pydantic import SecretStr

from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.errors import ContractInvalid, LakehouseError, ReviewRefused, UsageInvalid
from agentic_lakehouse.pipeline import review
from agentic_lakehouse.pipeline.edit import checked
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.settings import Settings
from agentic_lakehouse.web.door import Door
from agentic_lakehouse.web.forms import Form

Action = Literal["approve", "reject", "edit", "check"]
AROUND = 2
"""Lines that are shown before and after a wrong one."""
DECISIONS: dict[str, Literal["approved", "rejected"]] = {"approve": "approved", "reject": "rejected"}


@dataclass(frozen=True)
class Outcome:
    """What came of a decision."""

    status: int
    message: str
    hint: str = ""
    problems: tuple[str, ...] = ()
    """Each thing that is wrong with an edited text."""
    excerpt: tuple[tuple[int, str, bool], ...] = ()
    """Lines of it around a wrong one: their numbers, texts, and which it is."""
    proposal: Proposal | None = None
    """As it stands now, where the decision was made."""


class Desk:
    """The lakehouse, as a reviewer at this page reaches it."""

    def __init__(self, settings: Settings, door: Door, token: SecretStr | None = None) -> None:
        """Take what there is to work with.

        Args:
            settings: of the lakehouse.
            door: counts wrong tokens.
            token: review token that the command was started with; the form asks for one where it was without.
        """
        self.settings = settings
        self.door = door
        self.reviewer = _login()
        self._token = token

    def house(self) -> Lakehouse:
        """Return a newly opened lakehouse: a page shows what is there, whoever changed it meanwhile."""
        return Lakehouse(self.settings)

    def asks_token(self, house: Lakehouse) -> bool:
        """Whether a decision needs a token that the page was not started with."""
        return self._token is None and review.token_is_set(house)

    def decide(self, house: Lakehouse, proposal_id: str, action: Action, form: Form) -> Outcome:
        """Decide as the form says."""
        by = review.Reviewer(form.by, self._token or (form.token if self.asks_token(house) else None))
        if (refused := _incomplete(form) or self._refused(house, by)) is not None:
            return refused
        try:
            done = self._decided(house, proposal_id, action, form, by)
        except ReviewRefused as error:
            return _told(422 if "by" in error.details else 409, error)
        except ContractInvalid as error:
            return _told(422, error, form.text)
        except UsageInvalid as error:
            return _told(409, error)
        self.reviewer = form.by
        return Outcome(200, "", proposal=done)

    def check(self, house: Lakehouse, proposal: Proposal, form: Form) -> Outcome:
        """Check an edited text, deciding nothing."""
        try:
            checked(house, proposal, form.text, name=review.THE_EDIT)
        except (ContractInvalid, UsageInvalid) as error:
            return _told(422, error, form.text)
        return Outcome(200, "It holds.", "Nothing is decided yet.")

    def _refused(self, house: Lakehouse, by: review.Reviewer) -> Outcome | None:
        if self.door.is_worn_out:
            return Outcome(403, "Too many wrong review tokens were tried.", "Start `lakehouse review --web` again.")
        try:
            review.require_token(house, by.token)
        except ReviewRefused as error:
            self.door.wrong_tokens += by.token is not None
            return Outcome(403, error.message, "Ask whoever looks after this lake for its review token.")
        return None

    def _decided(self, house: Lakehouse, proposal_id: str, action: Action, form: Form, by: review.Reviewer) -> Proposal:
        if action == "edit":
            return review.edit(house, proposal_id, form.text, by=by, note=form.note, sha256=form.sha256)
        return review.decide(house, proposal_id, DECISIONS[action], by=by, note=form.note, sha256=form.sha256)


def _incomplete(form: Form) -> Outcome | None:
    if not form.by:
        return Outcome(422, "Say who you are: the name stands beside the decision for good.")
    if not form.sha256:
        return Outcome(422, "The form does not say what you saw.", "Load the proposal again.")
    return None


def _told(status: int, error: LakehouseError, text: str = "") -> Outcome:
    problems = tuple(map(str, error.details.get("errors", ())))
    wrong = error.details.get("line", 0) if text else 0
    lines = text.split("\n")
    near = range(max(1, wrong - AROUND), min(len(lines), wrong + AROUND) + 1) if wrong else ()
    excerpt = tuple((number, lines[number - 1], number == wrong) for number in near)
    message = error.message.partition(f": {problems[0]}")[0] if problems else error.message
    return Outcome(status, message, error.hint or "", problems, excerpt)


def _login() -> str:
    """Return the login name, to begin with; a container may have none."""
    try:
        return getuser()
    except OSError:
        return ""
