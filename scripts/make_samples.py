"""Write the sample landing zone, `data/landing`: the same bytes on every run.

Vendors and products are invented. What is hard about each feed is told in `data/landing/README.md`.

    python scripts/make_samples.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

from sample_feeds import FEEDS

LANDING = Path(__file__).parents[1] / "data" / "landing"


def main(landing: Path = LANDING) -> None:
    """Write every sample feed below `landing`."""
    for feed, files in FEEDS.items():
        folder = landing / feed
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files().items():
            (folder / name).write_bytes(content)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
