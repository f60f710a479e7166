"""The command serves the page, tells its link, and stops when it is told to."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.settings import Settings
from agentic_lakehouse.web.serve import serve
from agentic_lakehouse_tests.cli.conftest import settle_in

COMMAND = [sys.executable, "-c", "from agentic_lakehouse.cli import main; main()", "review"]


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_a_link_and_ends_in_peace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: signal.Signals
) -> None:
    settle_in(tmp_path, monkeypatch)
    with subprocess.Popen(
        [*COMMAND, "--web", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        link = running.stdout.readline().strip()
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        with browser.open(link) as page:
            shown = page.read().decode()
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(link)
        running.send_signal(told)
        _, complaints = running.communicate()

    assert "Nothing waits" in shown
    assert running.returncode == 0
    assert "Traceback" not in complaints
    assert link.partition("key=")[2] not in complaints


def test_a_port_that_is_taken_is_told_as_such(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageInvalid, match="Nobody can listen"):
        serve(
            Settings(_env_file=None, home=tmp_path),
            host="127.0.0.1",
            port=taken.getsockname()[1],
            token=None,
            announce=print,
        )


def test_the_other_commands_of_review_stay_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    from agentic_lakehouse.cli.app import run

    assert run(["review", "list"]) == 0
    assert run(["review", "--web", "list"]) == 2
    assert run(["review", "--web", "--host", "192.0.2.7"]) == 2
    assert run(["review", "--web", "--host", "0.0.0.0"]) == 2
