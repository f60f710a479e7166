"""The page in a real browser: by keyboard alone, on a wide screen and a narrow one, with and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentic_lakehouse.pipeline.review import Reviewer, decide
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.web.conftest import CHANGED, HOSTILE, IMAGE, PLAIN, SCRIPT, Drive, waiting

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def focused(tab: Page) -> str:
    """What the focus is on, as a person would name it."""
    return str(tab.evaluate("(document.activeElement.innerText || document.activeElement.name || '').trim()"))


def tab_to(tab: Page, name: str) -> None:
    """Press Tab until the focus is on something."""
    for _ in range(60):
        tab.keyboard.press("Tab")
        if focused(tab) == name:
            return
    raise AssertionError(f"Tab never leads to {name!r}")


def test_a_proposal_is_approved_with_the_keyboard_alone(drive: Drive, sandbox: Sandbox) -> None:
    proposal = waiting(sandbox, PLAIN)

    def flow(tab: Page) -> str:
        tab_to(tab, str(PLAIN))
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/p/*")
        tab.keyboard.press("Tab")
        assert focused(tab) == "Skip to the content"
        tab.keyboard.press("Tab")
        assert focused(tab) == "Skip to the decision"
        tab.keyboard.press("Enter")
        tab_to(tab, "by")
        tab.keyboard.press("Control+A")
        tab.keyboard.type("mia")
        tab.keyboard.press("Enter")  # decides nothing
        tab_to(tab, "note")
        tab.keyboard.type("looked at it")
        tab_to(tab, "Approve")
        assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert sandbox.lakehouse.lake.governance.proposal(proposal.id).status == "proposed"
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/?done=*")
        return focused(tab)

    assert "approved by mia" in drive(flow, viewport=WIDE)
    review = sandbox.lakehouse.lake.governance.reviews(proposal.id)[-1]
    assert (review.decision, review.by, review.note) == ("approved", "mia", "looked at it")


def test_an_edit_with_an_error_is_mended(drive: Drive, sandbox: Sandbox) -> None:
    proposal = waiting(sandbox, PLAIN)

    def flow(tab: Page) -> str:
        tab.goto(f"/p/{proposal.id}")
        tab.get_by_role("link", name="Edit", exact=True).click()
        text = tab.get_by_label("The mapping, as YAML or JSON")
        whole = text.input_value()
        text.fill(whole.replace("""'"title"'""", """'upper("titel")'"""))
        tab.get_by_role("button", name="Approve this version").click()
        tab.get_by_text("does not hold").wait_for()
        told = tab.get_by_role("alert").inner_text()
        text.fill(text.input_value().replace("titel", "title"))
        tab.get_by_role("button", name="Check").click()
        tab.get_by_text("It holds.").wait_for()
        tab.get_by_role("button", name="Approve this version").click()
        tab.wait_for_url("**/?done=*")
        return told

    assert "title" in drive(flow, viewport=WIDE)
    stands = sandbox.lakehouse.lake.governance.approved_or_active(PLAIN, "mapping")
    assert stands is not None
    assert 'upper("title")' in str(stands.content)


def test_a_proposal_is_rejected_with_a_note_and_without_any_script(drive: Drive, sandbox: Sandbox) -> None:
    proposal = waiting(sandbox, PLAIN)

    def flow(tab: Page) -> str:
        tab.get_by_role("link", name=str(PLAIN)).first.click()
        tab.get_by_label("Your name").fill("mia")
        tab.get_by_label("Note").fill("prices are net")
        tab.get_by_role("button", name="Reject").click()
        tab.wait_for_url("**/?done=*")
        return tab.content()

    assert "rejected by mia" in drive(flow, viewport=NARROW, java_script_enabled=False)
    review = sandbox.lakehouse.lake.governance.reviews(proposal.id)[-1]
    assert (review.decision, review.note) == ("rejected", "prices are net")


def test_what_somebody_else_decided_meanwhile_is_told_beside_the_buttons(drive: Drive, sandbox: Sandbox) -> None:
    proposal = waiting(sandbox, PLAIN)

    def flow(tab: Page) -> tuple[str, str]:
        tab.goto(f"/p/{proposal.id}")
        decide(sandbox.lakehouse, proposal.id, "rejected", by=Reviewer("ana"))
        tab.get_by_label("Note").fill("not to be lost")
        tab.get_by_role("button", name="Approve").click()
        tab.get_by_text("decided by ana").wait_for()
        return tab.get_by_role("alert").inner_text(), tab.get_by_label("Note").input_value()

    told, note = drive(flow, viewport=WIDE)
    assert "no longer waits" in told
    assert note == "not to be lost"


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1280", "390"])
def test_markup_of_a_vendor_runs_nowhere_and_no_page_is_wider_than_the_screen(
    drive: Drive, sandbox: Sandbox, viewport: dict[str, int]
) -> None:
    hostile, changed = waiting(sandbox, HOSTILE), waiting(sandbox, CHANGED)

    def flow(tab: Page) -> list[str]:
        complaints: list[str] = []
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        for path in ("/", f"/p/{hostile.id}", f"/p/{hostile.id}/edit", f"/p/{changed.id}"):
            tab.goto(path)
            tab.wait_for_load_state("networkidle")
            if tab.title() == "owned":
                complaints.append(f"{path}: a script ran")
            if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
                complaints.append(f"{path}: wider than the screen")
        tab.goto(f"/p/{hostile.id}")
        assert SCRIPT in tab.locator("main").inner_text()
        assert IMAGE in tab.locator("main").inner_text()
        tab.get_by_text("new keys").wait_for()  # measured behind the page, by htmx
        return complaints

    # The policy is not even asked: a blocked script would complain in the console.
    assert drive(flow, viewport=viewport) == []
