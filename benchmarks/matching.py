"""`python -m benchmarks matching`: the embedded planner beside the matchers of valentine, on the same labelled feeds.

* planner: what `lakehouse eval` asks it; it knows what a standard says of a column, synonyms and rules among it;
* COMA and SimilarityFlooding: valentine's, with their defaults. They see the headers and the names of the targets; on
  values COMA sees a hundred rows of the feed, too, and the standard's examples and valid values;
* `+ synonyms`: COMA on names again, which sees the two closest synonyms of each language as columns of their own; the
  best of a target counts. With all that a standard knows it takes minutes a feed.

All pairs go one to one by the Hungarian method, valentine's own selection; the threshold is swept for each of its
matchers and each row of the table, and the best F1 of all is shown: it is chosen with the labels in sight. The planner
has the one bar that it ships with. Seconds are of matching a feed, reading and profiling apart.

COMA on values drops English stop words, which it would download; a list of the usual ones stands here instead.
Cupid is not measured: it needs WordNet, a download too. Nor are matchers of values alone, such as JaccardDistance: a
standard has no rows, and comparing each value with each takes minutes a feed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from agentic_lakehouse.brain.relevance import Relevance
from agentic_lakehouse.contracts.files import load_suite
from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.pipeline.evaluate import evaluate
from agentic_lakehouse.pipeline.scores import f1
from agentic_lakehouse.settings import load_settings
from benchmarks.messy import ours as read_as_text
from benchmarks.report import machine, table

ROOT = Path(__file__).parents[1]
OTHER_TRADES = ROOT / "agentic_lakehouse_tests" / "evaluation"
STOP_WORDS = (
    "a an and are as at be but by for from had has have he her his i if in into is it its me my no not of on or our "
    "she so such that the their them then there these they this to was we were which who will with you your"
)

ROWS = 100
"""Rows of a feed that a matcher of values sees."""

Pairs = dict[tuple[str, str], float]
Match = Callable[["Case"], Pairs]


@dataclass(frozen=True)
class Case:
    """One labelled feed and the standard that it is held against."""

    feed: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    standard: ProductStandard
    gold: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Scored:
    """How one matcher did on a group of feeds."""

    precision: float
    recall: float
    f1: float
    seconds: float
    threshold: float | None = None


def cases(folder: Path) -> list[Case]:
    """Read a suite's feeds, as text."""
    suite = load_suite(folder)
    path = folder / suite.standard if suite.standard else ROOT / load_settings().standard
    found = []
    for labelled in suite.feeds:
        records = read_as_text(folder / labelled.file) if labelled.file else [labelled.columns]
        gold = frozenset(labelled.mapping.items())
        found.append(Case(labelled.feed, records[0], tuple(records[1 : ROWS + 1]), load_standard(path), gold))
    return found


def by_planner(folders: Sequence[Path]) -> Scored:
    """Ask the planner as `lakehouse eval` does, and add several suites up, pair by pair."""
    right = found = expected = feeds = 0
    seconds = 0.0
    for folder in folders:
        with tempfile.TemporaryDirectory() as home:
            scores = evaluate(load_settings(home=Path(home)), folder, on_done=lambda _: None).feeds
        right += sum(s.right for s in scores)
        found += sum(len(s.lines) for s in scores)
        expected += sum(s.expected for s in scores)
        seconds += sum(s.seconds for s in scores)
        feeds += len(scores)
    return Scored(*f1(right, found, expected), seconds / feeds)


def by_valentine(matcher: Any, *, values: bool = False, synonyms: bool = False) -> Match:
    """Let one of valentine's matchers see headers and names, values where it can use them."""
    from valentine import valentine_match

    def match(case: Case) -> Pairs:
        columns = list(zip(*case.rows, strict=True)) if values and case.rows else [()] * len(case.headers)
        source = _frame(dict(zip(case.headers, columns, strict=True)))
        shown = Relevance(case.headers, ())
        seen: dict[str, str] = {}
        contents: dict[str, Sequence[str]] = {}
        for column in case.standard.offered:
            also = [s for listed in shown.synonyms(column.synonyms).values() for s in listed[:2]] if synonyms else []
            for name in (column.name, *also):
                if name not in seen:
                    seen[name] = column.name
                    contents[name] = (*column.examples, *column.valid_values) if values else ()
        scores: Pairs = {}
        for pair, score in valentine_match([source, _frame(contents)], matcher, df_names=["feed", "standard"]).items():
            key = (pair.source_column, seen[pair.target_column])
            scores[key] = max(score, scores.get(key, 0.0))
        return scores

    return match


def _frame(columns: dict[str, Sequence[str]]) -> pl.DataFrame:
    longest = max((len(v) for v in columns.values()), default=0)
    padded = {name: [*values, *[None] * (longest - len(values))] for name, values in columns.items()}
    return pl.DataFrame(padded, schema=dict.fromkeys(columns, pl.String))


def matchers() -> dict[str, Match]:
    """Return valentine's matchers by the name under which they are shown."""
    from valentine.algorithms import Coma, SimilarityFlooding

    return {
        "COMA, names": by_valentine(Coma()),
        "COMA, names + synonyms": by_valentine(Coma(), synonyms=True),
        "COMA, names and values": by_valentine(Coma(use_instances=True), values=True),
        "SimilarityFlooding, names": by_valentine(SimilarityFlooding()),
    }


def judge(match: Match, given: Iterable[Case]) -> Scored:
    """Match every feed, one to one, and take the threshold that suits the matcher best."""
    kept: list[tuple[float, bool]] = []
    expected, seconds, feeds = 0, 0.0, 0
    for case in given:
        start = time.perf_counter()
        chosen = one_to_one(match(case))
        seconds += time.perf_counter() - start
        kept += [(score, pair in case.gold) for pair, score in chosen.items()]
        expected += len(case.gold)
        feeds += 1
    best = Scored(0.0, 0.0, 0.0, seconds / feeds)
    for threshold in sorted({score for score, _ in kept}):
        found = [is_right for score, is_right in kept if score >= threshold]
        precision, recall, score = f1(sum(found), len(found), expected)
        if score > best.f1:
            best = Scored(precision, recall, score, seconds / feeds, threshold)
    return best


def one_to_one(pairs: Pairs) -> Pairs:
    """Keep the pairs whose scores sum to the most, each side once."""
    from scipy.optimize import linear_sum_assignment

    sources, targets = sorted({s for s, _ in pairs}), sorted({t for _, t in pairs})
    if not pairs:
        return {}
    scores = [[pairs.get((s, t), 0.0) for t in targets] for s in sources]
    places = zip(*linear_sum_assignment(scores, maximize=True), strict=True)
    chosen = {(sources[int(s)], targets[int(t)]) for s, t in places}
    return {pair: pairs[pair] for pair in chosen if pairs.get(pair, 0.0) > 0}


def without_values(folder: Path, to: Path) -> Path:
    """Write a suite of the same feeds of which only the headers are known."""
    suite = load_suite(folder)
    feeds = [{"feed": c.feed, "columns": list(c.headers), "mapping": dict(c.gold)} for c in cases(folder)]
    document: dict[str, object] = {"name": f"{suite.name}, headers alone", "feeds": feeds}
    if suite.standard:
        document["standard"] = str((folder / suite.standard).resolve())
    return _written(document, to)


def of_shared_feeds(folder: Path, to: Path) -> Path:
    """Write a suite of a folder of feeds beside a `gold_mapping.json`."""
    gold = json.loads((folder / "gold_mapping.json").read_text(encoding="utf-8"))["mappings"]
    feeds = []
    for name, mapping in gold.items():
        [path] = (folder / name).glob("*.csv")
        feeds.append({"feed": f"shared/{name}", "file": str(path.resolve()), "mapping": mapping})
    return _written({"name": "public feeds", "feeds": feeds}, to)


def _written(document: dict[str, object], to: Path) -> Path:
    to.mkdir(parents=True)
    (to / "suite.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return to


def _with_stop_words(folder: Path) -> None:
    """Give NLTK the English stop words that it would download."""
    import nltk

    words = folder / "nltk_data" / "corpora" / "stopwords"
    words.mkdir(parents=True)
    (words / "english").write_text("\n".join(STOP_WORDS.split()), encoding="utf-8")
    nltk.data.path.insert(0, str(folder / "nltk_data"))


def main(arguments: Sequence[str]) -> None:
    """Print one table a group of feeds."""
    parser = argparse.ArgumentParser(
        prog="benchmarks matching", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=Path, help="more feeds: a folder a feed, and gold_mapping.json")
    parser.add_argument("--markdown", action="store_true", help="print rows of benchmarks/README.md")
    chosen = parser.parse_args(arguments)
    print(f"{machine()}\n")
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        _with_stop_words(here)
        trades = sorted(path for path in OTHER_TRADES.iterdir() if (path / "suite.yaml").exists())
        with_values = [p for p in trades if all(labelled.file for labelled in load_suite(p).feeds)]
        groups = {
            "products, the sample landing zone": [ROOT / "data" / "evaluation" / "landing"],
            "products, headers alone": [ROOT / "data" / "evaluation" / "schemas"],
            "other trades": with_values,
            "other trades, headers alone": [without_values(p, here / p.name) for p in with_values],
            "other trades, headers alone, no synonyms": [p for p in trades if p not in with_values],
        }
        if chosen.feeds:
            shared = of_shared_feeds(chosen.feeds, here / "shared")
            groups["products, public feeds"] = [shared]
            groups["products, public feeds, headers alone"] = [without_values(shared, here / "shared_headers")]
        for title, folders in groups.items():
            _print(title, folders, markdown=chosen.markdown)


def _print(title: str, folders: Sequence[Path], *, markdown: bool) -> None:
    given = [case for folder in folders for case in cases(folder)]
    scores = {"**planner**" if markdown else "planner": by_planner(folders)}
    scores |= {name: judge(match, given) for name, match in matchers().items() if _has_work(name, given)}
    print(f"{title}: {len(given)} feeds, {sum(len(c.headers) for c in given)} columns\n")
    rows = [
        (name, f"{s.precision:.3f}", f"{s.recall:.3f}", f"{s.f1:.3f}", f"{s.seconds:.3f}") for name, s in scores.items()
    ]
    table(("matcher", "precision", "recall", "F1", "s a feed"), rows, markdown=markdown)


def _has_work(name: str, given: Sequence[Case]) -> bool:
    return "values" not in name or any(case.rows for case in given)
