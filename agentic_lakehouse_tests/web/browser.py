"""The machine's own Chromium, headless; Playwright drives it and downloads none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """Return the path of a Chromium; skips the test where there is none."""
    named = os.environ.get("LAKEHOUSE_TEST_BROWSER")
    found = named or next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium is here: see scripts/install_browser.sh")
    return found


@contextmanager
def launched(playwright: Playwright, path: str) -> Iterator[Browser]:
    """Give a browser that runs until the end."""
    # A container's root has no user namespaces for Chromium's sandbox; it opens our own pages alone.
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    browser = playwright.chromium.launch(executable_path=path, args=arguments)
    try:
        yield browser
    finally:
        browser.close()
