from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from agentic_lakehouse.contracts.feed import Feed

REPOSITORY = Path(__file__).parents[2]
LANDING = REPOSITORY / "data" / "landing"


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_sample_is_what_its_script_writes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, REPOSITORY / "scripts" / "make_samples.py", tmp_path], check=True)

    shipped = files(LANDING)
    del shipped["README.md"]
    assert files(tmp_path) == shipped


def test_every_file_stands_in_a_folder_that_names_a_feed() -> None:
    for path in files(LANDING):
        if path != "README.md":
            vendor, feed, _ = path.split("/")
            Feed(vendor, feed)


def test_the_readme_tells_what_is_hard_about_each_feed() -> None:
    told = set(re.findall(r"^\*\*([a-z0-9/-]+)\*\*", (LANDING / "README.md").read_text(encoding="utf-8"), re.MULTILINE))

    assert told == {path.rpartition("/")[0] for path in files(LANDING)} - {""}


def test_the_sample_is_small() -> None:
    assert sum(map(len, files(LANDING).values())) < 2_000_000
