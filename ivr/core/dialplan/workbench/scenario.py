"""Scenarios: what a caller does and what must come of it, in YAML beside a dialplan, on a virtual clock.

A step is one key. Before each thing that the caller does, the line waits until it is the caller's turn; `early: true`
does it at once, while the prompt plays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, takewhile
from typing import Any

from pydantic import ValidationError

from ivr.core.commands import Command
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.schema_json import schema_of
from ivr.core.dialplan.language.source import Path, Source, failed, read_source
from ivr.core.dialplan.language.translate import shape_findings
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.runtime.knowledge import sample_of
from ivr.core.dialplan.workbench import simulated_agent as agent
from ivr.core.dialplan.workbench.behaviour import Answer, Behaviour, Meaning, no_meaning
from ivr.core.dialplan.workbench.scenario_shape import (
    AgentSaysIn,
    ExpectIn,
    PressIn,
    SayIn,
    ScenarioFileIn,
    Sources,
    StepIn,
    WorldIn,
)
from ivr.core.dialplan.workbench.simulated_line import USUAL_MOMENT, USUAL_NUMBER, Played, SimulatedLine
from ivr.core.orders.evidence import DisclosureHeard, MessageLeft, RaiseAlarm, StateEntered
from ivr.core.orders.lookup import StartLookup

_AGENTS = ("agent_says", "agent_reads", "assist", "hand_over", "confirm")
"""Steps of an agent who talks with the caller."""
_ACTS = frozenset({"say", "press", "silent", "wait", "hold", "hang_up", *_AGENTS})
"""Steps that need a call that goes on."""
_BEFORE = frozenset({"at", "called", "sample", "world"})
"""Steps that say how a call comes."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, ready to run."""

    name: str
    steps: tuple[StepIn, ...]
    sources: Sources
    source: Source
    at: datetime = USUAL_MOMENT
    called: str = USUAL_NUMBER
    sample: int | None = None
    """Where chance puts it; None: anywhere."""


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """All scenarios of a file."""

    dialplan: str
    """Path of the dialplan, as written: relative to the file."""
    sources: Sources
    scenarios: tuple[Scenario, ...]
    source: Source
    """As written, with places."""


@dataclass(slots=True)
class Result:
    """What became of a scenario."""

    name: str
    failures: list[Finding] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    heard: list[Played] = field(default_factory=list)
    call_seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every expectation was met."""
        return not self.failures

    @property
    def transitions(self) -> set[tuple[str, str]]:
        """State changes that it went through."""
        return set(zip(self.states, self.states[1:], strict=False))


def load_scenarios(text: str, *, file: str) -> ScenarioFile:
    """Parse a file of scenarios. Raises DialplanError with located findings."""
    source = read_source(text, file=file, top=frozenset(ScenarioFileIn.model_fields))
    try:
        written = ScenarioFileIn.model_validate(source.value)
    except ValidationError as error:
        raise failed(tuple(sorted(shape_findings(error, source, ScenarioFileIn)))) from error
    scenarios = []
    for name, steps in written.scenarios.items():
        arrival: dict[str, Any] = {}
        for index, step in enumerate(steps):
            mark = source.at(("scenarios", name, index))
            if len(step.model_fields_set) != 1:
                raise failed((mark.finding("S002", "a step is one thing.", "Begin a new '-' for each."),))
            given = step.model_dump(include=step.model_fields_set & {"at", "called", "sample"})
            if given and (len(arrival) < index or given.keys() <= arrival.keys()):
                raise failed(
                    (mark.finding("S003", "a call comes once.", "Put at:, called: and sample: first, or wait:."),)
                )
            arrival |= given
        scenarios.append(Scenario(name, tuple(steps), written.sources, source, **{"at": written.at, **arrival}))
    return ScenarioFile(written.dialplan, written.sources, tuple(scenarios), source)


def _call_id(scenario: Scenario) -> str:
    """One that chance puts where the scenario wants it."""
    ids = (f"simulated-{number}" for number in count())
    return (
        "simulated" if scenario.sample is None else next(one for one in ids if int(sample_of(one)) == scenario.sample)
    )


def scenario_schema() -> dict[str, Any]:
    """JSON Schema of a file of scenarios, for editors."""
    return schema_of(ScenarioFileIn, "ivr scenarios")


def run_scenario(dialplan: Dialplan, scenario: Scenario, *, meaning: Meaning = no_meaning) -> Result:
    """Run it. Failed expectations are located findings of the result. `meaning`: what judges free speech."""
    run = _Run(dialplan, scenario, meaning)
    run.all()
    line = run.line
    return Result(scenario.name, run.failures, line.states, line.heard, line.now)


def answer_from(sources: Sources, query: str, params: Mapping[str, object]) -> Answer:
    """The first answer whose parameters fit; None (the source fails) when none does."""
    for item in sources.get(query, []):
        if all(str(params.get(name)) == value for name, value in item.when.items()):
            return item.answer
    return None


class _Run:
    """One scenario being run."""

    def __init__(self, dialplan: Dialplan, scenario: Scenario, meaning: Meaning) -> None:
        behaviour = Behaviour(source=self._answer, meaning=meaning)
        self.line = SimulatedLine(dialplan, behaviour, scenario.called, scenario.at, _call_id(scenario))
        self.failures: list[Finding] = []
        self._scenario = scenario
        self._sources: Sources = dict(scenario.sources)
        self._orders_mark = 0
        self._heard_mark = 0
        self._acted_at = 0.0

    def all(self) -> None:
        """Every step, until one fails. A world that stands before all else is there when the call comes."""
        for step in takewhile(lambda step: step.model_fields_set & _BEFORE, self._scenario.steps):
            if step.world is not None:
                self._change(step.world)
        self.line.start()
        for index, step in enumerate(self._scenario.steps):
            path: Path = ("scenarios", self._scenario.name, index)
            self._step(step, path)
            if self.failures:
                return
        self.line.settle()

    def _answer(self, query: str, params: Mapping[str, object]) -> Answer:
        return answer_from(self._sources, query, params)

    def _step(self, step: StepIn, path: Path) -> None:
        line = self.line
        if line.interpreter.ended and _ACTS & step.model_fields_set:
            self._fail(
                path, f"the call is over: it ended as {line.outcome}. Leave this step out, or write another call."
            )
        elif step.expect is not None:
            line.settle()
            self._expect(step.expect, path)
        elif step.world is not None:
            self._change(step.world)
        elif step.say is not None:
            said = SayIn(words=step.say) if isinstance(step.say, str) else step.say
            self._turn(early=said.early)
            if not line.say(said.words, confidence=said.confidence):
                self._fail(path, "nobody listens to the caller here.")
        elif step.press is not None:
            pressed = PressIn(keys=step.press) if isinstance(step.press, str) else step.press
            self._turn(early=pressed.early)
            line.press(pressed.keys)
        elif step.hang_up is not None:
            self._hang_up(step.hang_up, path)
        elif step.model_fields_set & set(_AGENTS):
            self._turn(early=False)
            self._agent(step, path)
        elif step.at is None and step.called is None and step.sample is None:
            self._pass_time(step)

    def _agent(self, step: StepIn, path: Path) -> None:
        """What an agent does in a talk."""
        line = self.line
        if step.agent_says is not None:
            said = AgentSaysIn(words=step.agent_says) if isinstance(step.agent_says, str) else step.agent_says
            done = agent.says(line, said.words, confidence=said.confidence)
        elif step.agent_reads is not None:
            done = agent.reads(line, step.agent_reads)
        elif step.assist is not None:
            done = agent.lets_take_over(line, step.assist)
        elif step.hand_over is not None:
            done = agent.hands_over(line, step.hand_over)
        else:
            done = agent.confirms(line)
        if not done:
            there = "the state has no such place" if agent.talks(line) else "no agent talks with the caller"
            self._fail(path, f"the agent cannot do that: {there} in '{line.interpreter.state}'.")

    def _hang_up(self, who: str, path: Path) -> None:
        line = self.line
        self._turn(early=who == "caller")
        if who == "caller":
            line.hang_up()
        elif line.connected is not None and line.connected.value == who:
            line.far_end_hangs_up()
        else:
            there = f"the {line.connected.value} is" if line.connected else "nobody is"
            self._fail((*path, "hang_up"), f"no {who} can hang up: {there} connected in '{line.interpreter.state}'.")

    def _pass_time(self, step: StepIn) -> None:
        line = self.line
        if step.wait is not None:
            self._turn(early=True)
            line.advance(step.wait)
        elif step.hold is not None:
            self._turn(early=True)
            line.hold()
            line.advance(step.hold)
            line.resume()
        for _ in range(step.silent or 0):
            self._turn(early=False)
            deadline = line.interpreter.deadline()
            if deadline is not None:
                line.advance(deadline - line.now)

    def _turn(self, *, early: bool) -> None:
        """Wait for the caller's turn, and look back no further than here."""
        if not early:
            self.line.settle()
        self._orders_mark = len(self.line.orders)
        self._heard_mark = len(self.line.heard)
        self._acted_at = self.line.now

    def _change(self, world: WorldIn) -> None:
        behaviour = self.line.behaviour
        if world.voice is not None:
            behaviour.score = world.voice
        if world.unscored:
            behaviour.score = None
        if world.agent is not None:
            behaviour.agent = world.agent
        if world.transfer is not None:
            behaviour.transfer = world.transfer
        if world.callback is not None:
            behaviour.callback = world.callback
        if world.loss is not None:
            behaviour.loss = world.loss
        if world.earlier_calls is not None:
            behaviour.earlier_calls = world.earlier_calls if isinstance(world.earlier_calls, int) else None
        self._sources |= world.sources

    # --- expectations ---

    def _fail(self, path: Path, message: str) -> None:
        mark = self._scenario.source.at(path)
        self.failures.append(mark.finding("S010", f"{self._scenario.name}: {message}"))

    def _expect(self, expect: ExpectIn, path: Path) -> None:
        line, at = self.line, (*path, "expect")
        now = {
            "state": line.interpreter.state,
            "language": line.interpreter.language,
            "identity": line.interpreter.identity,
            "risk": line.interpreter.risk,
            "consent": line.interpreter.consent,
            "outcome": line.outcome,
        }
        for key, is_now in now.items():
            wanted = getattr(expect, key)
            if wanted is not None and wanted != is_now:
                self._fail((*at, key), f"{key} is {is_now}, not {wanted}.")
        for text in expect.prompt:
            self._expect_prompt(text, expect.within, (*at, "prompt"))
        recent = _names(line.orders[self._orders_mark :])
        ever = _names(line.orders)
        for name in expect.order:
            if name not in recent:
                self._fail((*at, "order"), f"{name} was not ordered.")
        for name in expect.absent:
            if name in recent:
                self._fail((*at, "absent"), f"{name} was ordered.")
        for name in expect.never:
            if name in ever:
                self._fail((*at, "never"), f"{name} happened in this call.")
        given = [heard.disclosure for heard in line.noted(DisclosureHeard) if heard.acknowledged_by]
        for name in expect.disclosed:
            if name not in given:
                self._fail((*at, "disclosed"), f"{name} was not heard and acknowledged.")
        read = [heard.disclosure for heard in line.noted(DisclosureHeard) if heard.read and heard.is_acknowledged]
        for name in expect.read:
            if name not in read:
                self._fail((*at, "read"), f"{name} was not read whole by the agent and acknowledged.")
        messages = [left.mailbox for left in line.noted(MessageLeft)]
        if expect.message is not None and expect.message not in messages:
            self._fail((*at, "message"), f"no message was left for {expect.message}; left were: {messages}.")
        alarms = [order.kind for _, order in line.orders if isinstance(order, RaiseAlarm)]
        if expect.alarm is not None and expect.alarm not in alarms:
            self._fail((*at, "alarm"), f"no alarm '{expect.alarm}' was raised; raised: {alarms}.")

    def _expect_prompt(self, text: str, within: float | None, path: Path) -> None:
        since = self.line.heard[self._heard_mark :]
        found = [heard for heard in since if text in heard.text]
        if not found:
            said = " | ".join(heard.text for heard in since) or "nothing"
            self._fail(path, f"'{text}' was not said; said was: {said}")
        elif within is not None and found[0].at - self._acted_at > within:
            self._fail(path, f"'{text}' was said after {found[0].at - self._acted_at:.1f} s, not {within} s.")


def _names(orders: list[tuple[float, Command]]) -> set[str]:
    """What orders are called in expectations: their class, a query as source.query, a state's name."""
    found: set[str] = set()
    for _, order in orders:
        found.add(type(order).__name__)
        if isinstance(order, StartLookup):
            found.add(f"{order.source}.{order.query}")
        elif isinstance(order, StateEntered):
            found.add(order.name)
    return found
