"""Anything that may happen to a lakehouse, in any order; after each of it, model and lake agree."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import (
    BranchLeased,
    LakehouseError,
    LeaseLost,
    PublishRefused,
    StepOutOfOrder,
    UsageInvalid,
)
from agentic_lakehouse.pipeline.states import work_of
from agentic_lakehouse_tests.fuzz.killed import killed_at
from agentic_lakehouse_tests.fuzz.model import FeedModel, Rules, State
from agentic_lakehouse_tests.fuzz.world import FEEDS, MAPPINGS, SPECS, STEPS, World, step, walk

RUN_INSTANTS = 900
"""About as many as a run of one feed lives through; see `killed.killed_at`."""
ROLLBACK_INSTANTS = 130

feeds = st.sampled_from(FEEDS)
rows = st.tuples(
    st.sampled_from(["k1", "k2", "k3", "k4", ""]),
    st.sampled_from(["Stift", "Block"]),
    st.sampled_from(["1,50", "2,00", "-1,00", "auf Anfrage"]),
)
# Few files of few rows: the same content comes again, on the same path and on the other.
contents = st.lists(rows, max_size=4).map(tuple)
paths = st.sampled_from(["a.csv", "b.csv"])


@dataclass(frozen=True)
class Commit:
    """What each feed stood like after one commit."""

    id: str
    states: dict[Feed, State]


class LakeMachine(RuleBasedStateMachine):
    """Two feeds of two vendors. `root` is where its lakehouse stands."""

    root: ClassVar[Path]
    kills: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.world = World.begin(self.root)
        self.models = {feed: FeedModel(feed, Rules("plain")) for feed in FEEDS}
        self.runs = 0
        self.commits: list[Commit] = []
        self._note_commit()

    def teardown(self) -> None:
        self.world.close()

    @initialize(content=contents)
    def something_stands(self, content: tuple[tuple[str, str, str], ...]) -> None:
        self.drop(FEEDS[0], "a.csv", (*content, ("k4", "Block", "auf Anfrage")))
        self.run(FEEDS[0])

    # What vendors and people do.

    @rule(feed=feeds, path=paths, content=contents)
    def drop(self, feed: Feed, path: str, content: tuple[tuple[str, str, str], ...]) -> None:
        self.models[feed].files[path] = (self.world.drop(feed, path, content), content)

    @rule(feed=feeds, full=st.booleans())
    def deliver_whole(self, feed: Feed, full: bool) -> None:
        self.world.deliver_whole(feed, full=full)
        self.models[feed].rules = replace(self.models[feed].rules, full=full)

    @rule(feed=feeds, choice=st.integers(0, 1))
    def approve_another_mapping(self, feed: Feed, choice: int) -> None:
        model = self.models[feed]
        taken = {model.rules.mapping, *([model.state.rules.mapping] if model.state.rules else [])}
        free = sorted(set(MAPPINGS) - taken)
        name = free[choice % len(free)]
        try:
            self.world.approve_mapping(feed, name)
        except UsageInvalid:
            return  # it is in force already, since a rollback to before the first commit takes no mapping back
        model.rules = replace(model.rules, mapping=name)

    @rule(feed=feeds, name=st.sampled_from(sorted(SPECS)))
    def approve_another_spec(self, feed: Feed, name: str) -> None:
        try:
            self.world.approve_spec(feed, name)
        except UsageInvalid:
            return  # it is in force, or approved already
        self.models[feed].spec = name

    @precondition(lambda self: any(m.open_rows() for m in self.models.values()))
    @rule(then=st.sampled_from(["wait", "run", "die"]), at=st.floats(0, 1))
    def mend_the_spec_and_ask_for_bad_rows_again(self, then: str, at: float) -> None:
        # All that a replay takes, in one: by chance it comes together once in dozens of examples.
        feed = next(feed for feed, model in self.models.items() if model.open_rows())
        self.approve_another_spec(feed, "lenient")
        self.ask_for_bad_rows_again(feed)
        if then == "run":
            self.run(feed)
        elif then == "die":
            self.run_and_be_killed(feed, at)

    @precondition(lambda self: any(m.state.published for m in self.models.values()))
    @rule(feed=feeds)
    def ask_for_bad_rows_again(self, feed: Feed) -> None:
        model = self.models[feed]
        if model.deliveries:
            asked = [int(d.delivery_id.partition("-")[0]) for d in self.world.house.replay(feed)]
            assert asked == model.bad_rows_that_move()
            for number in asked:
                model.deliveries[number - 1].replay = True

    @precondition(lambda self: any(m.state.published for m in self.models.values()))
    @rule(feed=feeds, number=st.integers(0, 9))
    def ask_for_a_delivery_again(self, feed: Feed, number: int) -> None:
        model = self.models[feed]
        settled = [n for n, d in enumerate(model.deliveries, 1) if d.status in {"published", "withdrawn"}]
        if settled:
            chosen = settled[number % len(settled)]
            found = self.world.house.lake.ledger.deliveries(feed)[chosen - 1]
            self.world.house.reingest(feed, [found.delivery_id])
            model.deliveries[chosen - 1].redo = True

    @rule(feed=feeds, number=st.integers(0, 9), everything=st.booleans(), dies=st.booleans(), at=st.floats(0, 1))
    def roll_back(self, feed: Feed, number: int, everything: bool, dies: bool, at: float) -> None:
        goal = self.commits[number % len(self.commits)]
        wanted = FEEDS if everything else (feed,)
        before = len(self.world.house.lake.log())
        try:
            if dies:
                instant = 1 + int(at * ROLLBACK_INSTANTS)
                killed, _ = killed_at(instant, self.root, "rollback", None if everything else feed, goal.id)
                LakeMachine.kills += killed
            else:
                self.world.house.rollback(goal.id, None if everything else feed, by="mia")
        except UsageInvalid:
            forgotten = {c.id for c in self.world.house.lake.log() if c.forgotten}
            assert goal.id in forgotten or all(self._looks_like(f, goal.states[f]) for f in wanted)
        if len(self.world.house.lake.log()) > before:
            for f in wanted:
                if not everything or self.models[f].state != goal.states[f]:
                    self.models[f].go_back(goal.states[f])
            self._note_commit()

    # What runs do.

    @precondition(lambda self: any(m.has_work for m in self.models.values()))
    @rule(feed=feeds)
    def run(self, feed: Feed) -> None:
        walk(self.world.house, feed, self._run_id())
        self._settle(feed, published=self.models[feed].has_work)
        house = self.world.house
        assert [house.work(feed), work_of(house, feed, house.lake.glance())] == [None, None]

    @rule(feed=feeds, at=st.floats(0, 1))
    def run_and_be_killed(self, feed: Feed, at: float) -> None:
        killed, _ = killed_at(1 + int(at * RUN_INSTANTS), self.root, "run", feed)
        LakeMachine.kills += killed
        self._adopt(feed)

    @rule(feed=feeds, steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=6), dies=st.booleans())
    def do_steps_by_hand(self, feed: Feed, steps: list[str], dies: bool) -> None:
        run_id = self._run_id()
        for name in steps:
            try:
                step(self.world.house, feed, run_id, name)
            except (StepOutOfOrder, PublishRefused, BranchLeased):
                continue
        self._adopt(feed)
        if dies:
            self.world.let_holder_die(feed)
        else:
            self._abandon(feed)

    @rule(feed=feeds, upto=st.integers(1, 7), abandoned=st.booleans())
    def start_a_second_run_while_one_is_at_work(self, feed: Feed, upto: int, abandoned: bool) -> None:
        first = self._run_id()
        walk(self.world.house, feed, first, STEPS[:upto])
        self._adopt(feed)
        if not any(b.feed == str(feed) for b in self.world.house.lake.branches()):
            return
        if abandoned:
            self._abandon(feed)
            self.run(feed)
            self._refused(feed, first, STEPS[upto:])
            self._adopt(feed)
        else:
            self._refused(feed, self._run_id(), STEPS)
            walk(self.world.house, feed, first, STEPS[upto:])
            self._adopt(feed)
            assert not self.models[feed].waiting()

    @rule(upto=st.integers(1, 7))
    def run_one_feed_in_the_middle_of_the_other(self, upto: int) -> None:
        outer, inner = FEEDS
        first = self._run_id()
        walk(self.world.house, outer, first, STEPS[:upto])
        self._adopt(outer)
        begun = any(b.feed == str(outer) for b in self.world.house.lake.branches())
        self.run(inner)
        if begun:
            walk(self.world.house, outer, first, STEPS[upto:])
            self._settle(outer, published=True)

    @rule()
    def maintain(self) -> None:
        self.world.age_files()
        self.world.house.maintain()
        for commit in reversed(self.world.house.lake.log()[: -len(self.commits)]):
            assert commit.kind == "compact"
            self.commits.append(Commit(commit.id, {feed: model.state for feed, model in self.models.items()}))

    # What must hold.

    @invariant()
    def the_lake_reads_as_the_model_says(self) -> None:
        for feed, model in self.models.items():
            assert self._looks_like(feed, model.state)
            assert self.world.ledger(feed) == [(d.path, d.status, d.redo, d.replay) for d in model.deliveries]

    @invariant()
    def what_needs_doing_is_seen(self) -> None:
        for feed, model in self.models.items():
            assert not model.has_work or self.world.house.work(feed) is not None

    @invariant()
    def nothing_dangles_and_history_is_a_chain(self) -> None:
        assert self.world.dangling() == []
        log = self.world.house.lake.log()
        assert [c.parent for c in log] == [*(c.id for c in log[1:]), None]

    @invariant()
    def rows_are_conserved(self) -> None:
        for feed, model in self.models.items():
            rows_in = sum(len(model.deliveries[n - 1].rows) for n in model.state.published)
            bronze = self.world.bronze(feed)
            open_errors = sum(n for (*_, status), n in self.world.ingest_errors(feed).items() if status == "open")
            assert rows_in == bronze.total() + open_errors
            rejected = {place[:2] for place in self.world.mapping_errors(feed)}
            assert self.world.core(feed).total() + len(rejected) <= bronze.total()

    # How the model follows.

    def _run_id(self) -> str:
        self.runs += 1
        return f"run-{self.runs}"

    def _refused(self, feed: Feed, run_id: str, steps: tuple[str, ...]) -> None:
        for name in steps:
            try:
                step(self.world.house, feed, run_id, name)
            except (BranchLeased, LeaseLost, StepOutOfOrder):
                continue
            except LakehouseError as error:
                raise AssertionError(f"{name} was refused for another reason") from error
            if name != "receive":
                raise AssertionError(f"{name} was not refused")

    def _abandon(self, feed: Feed) -> None:
        if any(b.feed == str(feed) for b in self.world.house.lake.branches()):
            self.world.house.lake.abandon(feed.branch)

    def _adopt(self, feed: Feed) -> None:
        """Follow a run that came as far as it came: what the ledger and the log say, nothing in between."""
        model = self.models[feed]
        known, found = len(model.deliveries), len(self.world.ledger(feed))
        for upto in range(len(model.fresh()) + 1):
            trial = copy.deepcopy(model)
            trial.receive(upto)
            if len(trial.deliveries) == found and self._seen(feed) == {p: t for p, (t, _) in trial.seen.items()}:
                self.models[feed] = model = trial
                break
        else:
            raise AssertionError(f"{feed}: {known} deliveries were known, {found} are there; {model.fresh()} are new")
        if len(self.world.house.lake.log()) > len(self.commits):
            model.publish(self.world.specs(feed))
            self._note_commit()

    def _settle(self, feed: Feed, *, published: bool) -> None:
        model = self.models[feed]
        model.receive()
        if published and (model.waiting() or model.rules_changed):
            specs = self.world.specs(feed)
            assert {specs[number - 1] for number in model.waiting()} <= {model.spec}
            model.publish(specs)
            self._note_commit()

    def _seen(self, feed: Feed) -> dict[str, int]:
        latest = self.world.house.lake.ledger.latest_by_path(feed)
        return {path.rpartition("/")[2]: d.mtime_ns // 1_000_000_000 for path, d in latest.items()}

    def _looks_like(self, feed: Feed, state: State) -> bool:
        model, world = self.models[feed], self.world
        return (
            world.bronze(feed) == model.bronze(state)
            and world.core(feed) == model.core(state)
            and world.ingest_errors(feed) == model.ingest_errors(state)
            and world.mapping_errors(feed) == model.mapping_errors(state)
        )

    def _note_commit(self) -> None:
        log = self.world.house.lake.log()
        assert len(log) == len(self.commits) + 1
        self.commits.append(Commit(log[0].id, {feed: model.state for feed, model in self.models.items()}))
