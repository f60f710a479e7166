"""Nobody comes in but by the link, and no other page can act in a reviewer's name."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from agentic_lakehouse.errors import SettingsInvalid
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse.web.door import HEADERS, MAX_BODY, Door
from agentic_lakehouse.web.serve import require_safe
from agentic_lakehouse_tests.web.conftest import PLAIN, waiting


def test_the_link_works_once_and_becomes_a_cookie_that_scripts_cannot_read(stranger: TestClient, door: Door) -> None:
    key = door.key

    entered = stranger.get(f"/?key={key}")

    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert stranger.get("/").status_code == 200
    stranger.cookies.clear()
    assert stranger.get(f"/?key={key}").status_code == 401


def test_without_the_link_no_page_tells_anything(stranger: TestClient, sandbox: Sandbox) -> None:
    proposal = waiting(sandbox, PLAIN)

    for path in ("/", "/?key=guessed", f"/p/{proposal.id}", f"/p/{proposal.id}/edit", f"/p/{proposal.id}/impact"):
        answer = stranger.get(path)

        assert answer.status_code == 401
        assert str(PLAIN) not in answer.text


def test_a_link_that_is_loaded_ahead_of_a_click_is_not_used_up(stranger: TestClient, door: Door) -> None:
    ahead = stranger.get(f"/?key={door.key}", headers={"Sec-Purpose": "prefetch;prerender"})

    assert ahead.status_code == 401
    assert stranger.get(f"/?key={door.key}").status_code == 303


@pytest.mark.parametrize("host", ["evil.example:3030", "127.0.0.1:3031", "127.0.0.1", "localhost.evil.example:3030"])
def test_another_host_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 403


def test_the_loopback_has_several_names(client: TestClient, door: Door) -> None:
    cookie = f"{door.cookie}={door.session}"
    for host in ("localhost:3030", "[::1]:3030"):
        assert client.get("/", headers={"Host": host, "Cookie": cookie}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:3030"},
        {"Origin": ""},
        {"Origin": "", "Referer": "http://evil.example/127.0.0.1:3030"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Content-Type": "text/plain"},
    ],
)
def test_a_form_of_another_page_decides_nothing(
    client: TestClient, sandbox: Sandbox, door: Door, headers: dict[str, str]
) -> None:
    proposal = waiting(sandbox, PLAIN)
    form = {"csrf": door.csrf, "by": "mia", "sha256": proposal.sha256}

    answer = client.post(f"/p/{proposal.id}/approve", data=form, headers=headers)

    assert answer.status_code == 403
    assert waiting(sandbox, PLAIN).status == "proposed"


@pytest.mark.parametrize("csrf", [None, "", "guessed", "é"])
def test_a_form_without_the_sessions_token_decides_nothing(
    client: TestClient, sandbox: Sandbox, csrf: str | None
) -> None:
    proposal = waiting(sandbox, PLAIN)
    form = {"by": "mia", "sha256": proposal.sha256} | ({} if csrf is None else {"csrf": csrf})

    assert client.post(f"/p/{proposal.id}/approve", data=form).status_code == 403
    assert waiting(sandbox, PLAIN).status == "proposed"


def test_the_referer_stands_in_for_an_origin(client: TestClient, sandbox: Sandbox, door: Door) -> None:
    proposal = waiting(sandbox, PLAIN)
    own = {"Origin": "", "Referer": f"http://127.0.0.1:3030/p/{proposal.id}"}

    form = {"csrf": door.csrf, "by": "mia", "sha256": proposal.sha256}
    assert client.post(f"/p/{proposal.id}/approve", data=form, headers=own).status_code == 303


def test_another_page_may_link_here_but_not_load_us_into_itself(client: TestClient) -> None:
    visit = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    assert client.get("/", headers=visit).status_code == 200
    assert client.get("/", headers=visit | {"Sec-Fetch-Dest": "iframe"}).status_code == 403
    assert client.get("/static/review.css", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_body_without_end_is_refused(client: TestClient, sandbox: Sandbox) -> None:
    proposal = waiting(sandbox, PLAIN)

    answer = client.post(f"/p/{proposal.id}/edit", data={"text": "x" * (MAX_BODY + 1)})

    assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"by=%ff%fe", b"\xff\xfe", b"&".join(b"a=1" for _ in range(99))])
def test_a_garbled_form_is_told_as_such(client: TestClient, sandbox: Sandbox, body: bytes) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    assert client.post(f"/p/{waiting(sandbox, PLAIN).id}/approve", content=body, headers=form).status_code == 400


def test_every_answer_carries_the_headers_that_keep_it_in(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {path: client.get(path) for path in ("/", "/p/none-such", "/static/htmx.min.js", "/nothing", "/p/x/edit")}
    answers["delete"] = client.delete("/")
    monkeypatch.setattr("agentic_lakehouse.web.pages.docket", lambda _: 1 / 0)
    answers["bug"] = client.get("/")

    assert [a.status_code for a in answers.values()] == [200, 404, 200, 404, 404, 403, 500]
    for answer in answers.values():
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert "Traceback" not in answers["bug"].text
    assert "ZeroDivisionError" in answers["bug"].text


def test_an_address_that_others_reach_demands_a_token() -> None:
    for host in ("127.0.0.1", "localhost", "::1"):
        require_safe(host, has_token=False)
    require_safe("192.0.2.7", has_token=True)
    with pytest.raises(SettingsInvalid, match="others than this machine"):
        require_safe("192.0.2.7", has_token=False)
    for everywhere in ("0.0.0.0", "::", ""):
        with pytest.raises(SettingsInvalid, match="every address"):
            require_safe(everywhere, has_token=True)
