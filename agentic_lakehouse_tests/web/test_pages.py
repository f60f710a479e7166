"""What the pages show, and what a decision made on them does; without a script, as a plain browser would."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr
from starlette.testclient import TestClient

from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.pipeline.review import Reviewer, decide
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse.web.app import review_app
from agentic_lakehouse.web.door import MAX_WRONG_TOKENS, Door
from agentic_lakehouse_tests.pipeline.conftest import Straight
from agentic_lakehouse_tests.web.conftest import CHANGED, HOSTILE, IMAGE, PLAIN, SCRIPT, goods, waiting


def form(door: Door, proposal: Proposal, **more: str) -> dict[str, str]:
    return {"csrf": door.csrf, "by": "mia", "note": "looked at it", "sha256": proposal.sha256, **more}


def status(sandbox: Sandbox, proposal: Proposal) -> str:
    return sandbox.lakehouse.lake.governance.proposal(proposal.id).status


def text_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_list_names_what_waits_and_what_was_decided(client: TestClient, sandbox: Sandbox) -> None:
    page = text_of(client.get("/").text)

    assert "What waits for a person 3" in page
    assert all(str(feed) in page for feed in (PLAIN, HOSTILE, CHANGED))
    assert "confidence" in page
    assert "Decided lately" in page
    assert "tester" in page


def test_a_mapping_stands_beside_the_standard_with_values_before_and_after(
    client: TestClient, sandbox: Sandbox
) -> None:
    page = text_of(client.get(f"/p/{waiting(sandbox, PLAIN).id}").text)

    standard = sandbox.lakehouse.standard
    assert " ".join(standard.column("title").definition.split()) in page
    assert "Stapler " in page
    assert "Rows that would fail" in page
    assert "-7.5" in page
    assert "Targets that nothing fills" in page
    assert "Approval binds exactly what is shown" in page


def test_what_changed_since_the_mapping_in_force_is_marked(client: TestClient, sandbox: Sandbox) -> None:
    page = client.get(f"/p/{waiting(sandbox, CHANGED).id}").text

    told = text_of(page)
    assert "compared with mapping-" in told
    assert "from unit price instead of price" in told
    assert '<del class="source">price</del>' in page


def test_an_approval_binds_what_was_seen_and_names_who_decided(
    client: TestClient, sandbox: Sandbox, door: Door
) -> None:
    proposal = waiting(sandbox, PLAIN)

    answer = client.post(f"/p/{proposal.id}/approve", data=form(door, proposal))

    assert (answer.status_code, answer.headers["location"]) == (303, f"/?done={proposal.id}")
    review = sandbox.lakehouse.lake.governance.reviews(proposal.id)[-1]
    assert (review.decision, review.by, review.note, review.sha256) == (
        "approved",
        "mia",
        "looked at it",
        proposal.sha256,
    )
    assert "acme/plain: approved by mia." in client.get(answer.headers["location"]).text
    assert 'value="mia"' in client.get(f"/p/{waiting(sandbox, CHANGED).id}").text


def test_a_rejection_keeps_its_note(client: TestClient, sandbox: Sandbox, door: Door) -> None:
    proposal = waiting(sandbox, PLAIN)

    client.post(f"/p/{proposal.id}/reject", data=form(door, proposal, note="prices are net"))

    assert status(sandbox, proposal) == "rejected"
    assert "prices are net" in client.get(f"/p/{proposal.id}").text


def test_what_somebody_else_decided_meanwhile_is_told_beside_the_buttons(
    client: TestClient, sandbox: Sandbox, door: Door
) -> None:
    proposal = waiting(sandbox, PLAIN)
    decide(sandbox.lakehouse, proposal.id, "rejected", by=Reviewer("ana"))

    answer = client.post(f"/p/{proposal.id}/approve", data=form(door, proposal))

    assert answer.status_code == 409
    assert "decided by ana" in answer.text
    assert status(sandbox, proposal) == "rejected"


def test_another_sha256_than_was_seen_is_refused(client: TestClient, sandbox: Sandbox, door: Door) -> None:
    proposal = waiting(sandbox, PLAIN)

    answer = client.post(f"/p/{proposal.id}/approve", data=form(door, proposal, sha256="0" * 64))

    assert answer.status_code == 409
    assert "looked at it" in answer.text
    assert status(sandbox, proposal) == "proposed"


def test_a_stale_proposal_says_so_and_cannot_be_approved(client: TestClient, sandbox: Sandbox, door: Door) -> None:
    proposal = waiting(sandbox, PLAIN)
    sandbox.facts(PLAIN.vendor, "currency: USD\n")

    page = client.get(f"/p/{proposal.id}").text
    assert "It is stale" in page
    assert ">Approve<" not in page
    answer = client.post(f"/p/{proposal.id}/approve", data=form(door, proposal))

    assert answer.status_code == 409
    assert "is stale" in text_of(answer.text)


def test_a_form_that_does_not_say_what_was_seen_decides_nothing(
    client: TestClient, sandbox: Sandbox, door: Door
) -> None:
    proposal = waiting(sandbox, PLAIN)

    assert client.post(f"/p/{proposal.id}/approve", data=form(door, proposal, sha256="")).status_code == 422
    assert status(sandbox, proposal) == "proposed"


@pytest.mark.parametrize("by", ["", "  ", "policy:all-eyes", "embedded"])
def test_nobody_decides_without_a_persons_name(client: TestClient, sandbox: Sandbox, door: Door, by: str) -> None:
    proposal = waiting(sandbox, PLAIN)

    assert client.post(f"/p/{proposal.id}/approve", data=form(door, proposal, by=by)).status_code == 422
    assert status(sandbox, proposal) == "proposed"


def test_where_the_lake_has_a_token_the_form_asks_for_it_and_forgets_it(
    client: TestClient, sandbox: Sandbox, door: Door, capfd: pytest.CaptureFixture[str]
) -> None:
    assert sandbox.lakehouse.lake.review_key.set_first("s3cret-token")
    proposal = waiting(sandbox, PLAIN)
    place = f"/p/{proposal.id}/approve"
    assert 'type="password"' in client.get(f"/p/{proposal.id}").text

    for wrong in ("", "another-token"):
        refused = client.post(place, data=form(door, proposal, token=wrong))
        assert refused.status_code == 403
        assert "another-token" not in refused.text
        assert status(sandbox, proposal) == "proposed"
    done = client.post(place, data=form(door, proposal, token="s3cret-token"))

    assert done.status_code == 303
    assert "s3cret" not in client.get("/").text + str(done.headers) + "".join(capfd.readouterr())
    assert status(sandbox, proposal) == "approved"


def test_tokens_cannot_be_guessed_without_end(client: TestClient, sandbox: Sandbox, door: Door) -> None:
    assert sandbox.lakehouse.lake.review_key.set_first("s3cret-token")
    proposal = waiting(sandbox, PLAIN)
    door.wrong_tokens = MAX_WRONG_TOKENS

    answer = client.post(f"/p/{proposal.id}/approve", data=form(door, proposal, token="s3cret-token"))

    assert answer.status_code == 403
    assert "Too many" in answer.text


def test_a_page_that_was_started_with_the_token_asks_for_none(sandbox: Sandbox, door: Door) -> None:
    assert sandbox.lakehouse.lake.review_key.set_first("s3cret-token")
    proposal = waiting(sandbox, PLAIN)
    app = review_app(sandbox.settings, door, token=SecretStr("s3cret-token"))
    client = TestClient(app, base_url="http://127.0.0.1:3030", headers={"Origin": "http://127.0.0.1:3030"})
    client.get(f"/?key={door.key}")

    assert 'type="password"' not in client.get(f"/p/{proposal.id}").text
    client.post(f"/p/{proposal.id}/approve", data=form(door, proposal))
    assert status(sandbox, proposal) == "approved"


def edited_text(client: TestClient, proposal: Proposal) -> str:
    page = client.get(f"/p/{proposal.id}/edit").text
    found = re.search(r"<textarea class=\"code\"[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert found
    return html.unescape(found[1]).removeprefix("\n")


def test_an_edit_begins_with_the_proposal_itself(client: TestClient, sandbox: Sandbox) -> None:
    for feed in (PLAIN, HOSTILE):
        proposal = waiting(sandbox, feed)

        assert yaml.safe_load(edited_text(client, proposal)) == proposal.content


def test_an_edit_is_checked_and_approved_in_the_place_of_the_proposal(
    client: TestClient, sandbox: Sandbox, door: Door
) -> None:
    proposal = waiting(sandbox, PLAIN)
    text = edited_text(client, proposal).replace("""'"title"'""", """'upper("title")'""").replace("\n", "\r\n")

    checked = client.post(f"/p/{proposal.id}/check", data=form(door, proposal, text=text))
    assert (checked.status_code, "It holds." in checked.text) == (200, True)
    assert status(sandbox, proposal) == "proposed"
    done = client.post(f"/p/{proposal.id}/edit", data=form(door, proposal, text=text))

    assert done.status_code == 303
    assert status(sandbox, proposal) == "edited"
    approved = sandbox.lakehouse.lake.governance.approved_or_active(PLAIN, "mapping")
    assert approved.parent == proposal.id
    assert 'upper("title")' in str(approved.content)
    assert "made of" in client.get(f"/p/{approved.id}").text


def test_what_is_wrong_with_an_edit_is_shown_beside_it_and_nothing_is_lost(
    client: TestClient, sandbox: Sandbox, door: Door
) -> None:
    proposal = waiting(sandbox, PLAIN)
    text = edited_text(client, proposal)
    wrongs = {
        text.replace("confidence:", "confidense:", 1): "did you mean",
        text.replace("""'"title"'""", """'upper("titel")'"""): "title",
        text.replace("""'"title"'""", "'(SELECT 1)'"): "title",
        "{": "not valid YAML",
        "": "mapping of keys",
    }

    for wrong, said in wrongs.items():
        answer = client.post(f"/p/{proposal.id}/edit", data=form(door, proposal, text=wrong))

        assert answer.status_code == 422
        assert said in text_of(answer.text).lower() or said in text_of(answer.text)
        assert html.escape(wrong.splitlines()[-1] if wrong else "", quote=False) in html.unescape(answer.text)
    assert status(sandbox, proposal) == "proposed"


class _Dangerous(HTMLParser):
    """Collects what a browser would run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = tag == "script" and dict(attrs).get("src") == "/static/htmx.min.js"
        if (tag == "script" and not own) or (tag == "img" and dict(attrs).get("src") != "/static/icon.svg"):
            self.found.append(tag)
        self.found += [name for name, value in attrs if name.startswith("on") or (value or "").startswith("javascript")]
        self.found += [name for name, _ in attrs if name == "style"]


def test_markup_of_a_vendor_is_text_on_every_page(client: TestClient, sandbox: Sandbox, door: Door) -> None:
    proposal = waiting(sandbox, HOSTILE)
    spec = next(p for p in sandbox.lakehouse.lake.governance.proposals(HOSTILE, kind="spec"))
    bad = form(door, proposal, text=f'{SCRIPT}: "{SCRIPT}', by=SCRIPT, note=IMAGE, sha256=IMAGE)
    pages = [
        client.get("/"),
        client.get(f"/p/{proposal.id}"),
        client.get(f"/p/{spec.id}"),
        client.get(f"/p/{proposal.id}/edit"),
        client.get(f"/p/{proposal.id}/impact"),
        client.post(f"/p/{proposal.id}/edit", data=bad),
        client.post(f"/p/{proposal.id}/approve", data=bad),
        client.get(f"/p/{SCRIPT}"),
        client.get("/?done=<script>"),
    ]

    for page in pages:
        parser = _Dangerous()
        parser.feed(page.text)
        assert parser.found == [], page.url
    assert SCRIPT in html.unescape(pages[1].text)
    assert IMAGE in html.unescape(pages[1].text)


def test_a_proposal_that_is_not_there_is_told_as_such(client: TestClient, door: Door, sandbox: Sandbox) -> None:
    assert client.get("/p/mapping-000000000000").status_code == 404
    assert client.post("/p/mapping-000000000000/approve", data={"csrf": door.csrf}).status_code == 404
    proposal = waiting(sandbox, PLAIN)
    assert client.post(f"/p/{proposal.id}/publish", data=form(door, proposal)).status_code == 404


def test_the_impact_is_measured_when_it_is_asked_for(client: TestClient, sandbox: Sandbox) -> None:
    proposal = waiting(sandbox, PLAIN)

    whole = client.get(f"/p/{proposal.id}/impact")
    part = client.get(f"/p/{proposal.id}/impact", headers={"HX-Request": "true"})

    assert "new keys" in whole.text
    assert "<html" in whole.text
    assert "new keys" in part.text
    assert "<html" not in part.text


def test_an_impact_on_core_is_shown_by_its_rows_and_approved_as_it_is(tmp_path: Path, door: Door) -> None:
    with Straight(tmp_path) as sandbox:
        sandbox.facts("acme", "delivery: full\ncurrency: EUR\n")
        feed = sandbox.drop("acme/all", goods())
        assert sandbox.run(feed).status == "published"
        sandbox.drop("acme/all", "\n".join(goods().splitlines()[:16]) + "\n", name="second.csv")
        assert sandbox.run(feed).status == "awaiting_review"
        proposal = waiting(sandbox, feed)
        app = review_app(sandbox.settings, door)
        client = TestClient(app, base_url="http://127.0.0.1:3030", headers={"Origin": "http://127.0.0.1:3030"})
        client.get(f"/?key={door.key}")

        page = client.get(f"/p/{proposal.id}").text

        assert proposal.kind == "impact"
        assert "Some rows that would go" in page
        assert "Stapler 30" in page
        assert f"/p/{proposal.id}/edit" not in page
        assert client.get(f"/p/{proposal.id}/edit").status_code == 404
        refused = client.post(f"/p/{proposal.id}/edit", data=form(door, proposal, text="{}"), follow_redirects=False)
        assert refused.status_code == 409
        client.post(f"/p/{proposal.id}/approve", data=form(door, proposal))
        assert sandbox.run(feed).status == "published"


def test_a_lake_at_rest_says_that_nothing_waits(tmp_path: Path, door: Door) -> None:
    with Sandbox(tmp_path) as sandbox:
        client = TestClient(review_app(sandbox.settings, door), base_url="http://127.0.0.1:3030")
        assert "Nothing waits" in client.get(f"/?key={door.key}").text
