#!/usr/bin/env sh
# Installs the Chromium that tests drive the review page with, where none is here. Playwright brings no browser.
set -eu
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done
if [ -n "${LAKEHOUSE_TEST_BROWSER:-}" ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "No Chromium is here, and no apt-get to install one: tests of the review page in a browser will be skipped." >&2
    echo "Install one by hand, or name it in LAKEHOUSE_TEST_BROWSER." >&2
    exit 0
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n" # never waits for a password
fi
echo "Installing chromium and fonts-dejavu-core with apt-get, for tests of the review page in a browser." >&2
if ! { $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core; }; then
    echo "That did not work: these tests will be skipped. To have them run, as root:" >&2
    echo "    apt-get install chromium fonts-dejavu-core" >&2
fi
