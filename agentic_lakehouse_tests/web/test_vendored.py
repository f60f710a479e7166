"""What others wrote and we serve is exactly what was taken, and named with its version and licence."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files


def test_htmx_is_the_pinned_file() -> None:
    static = files("agentic_lakehouse.web") / "static"
    told = (static / "README.md").read_text(encoding="utf-8")
    row = re.search(r"`htmx.min.js` \| \[htmx.org\]\(https://htmx.org\) (\S+), .*?\| 0BSD \| `([0-9a-f]{64})`", told)
    assert row

    content = (static / "htmx.min.js").read_bytes()

    assert hashlib.sha256(content).hexdigest() == row[2]
    assert f'version:"{row[1]}"'.encode() in content


def test_no_page_names_a_server_of_others() -> None:
    templates = files("agentic_lakehouse.web") / "templates"
    written = "".join(page.read_text(encoding="utf-8") for page in templates.iterdir())
    styles = (files("agentic_lakehouse.web") / "static" / "review.css").read_text(encoding="utf-8")

    assert "//" not in re.sub(r"<!doctype html>", "", written)
    assert "url(" not in styles
    assert not re.search(r"<[^>]+\s(style|on\w+)=", written)
