"""Ways out of the menu besides an agent: scenarios, random events, mutants and the terminal know them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.apps.cli.dialplan import simulate
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.dialplan.workbench.mutants import Mutant, mutants, survives
from ivr.core.dialplan.workbench.scenario import load_scenarios, run_scenario
from ivr.testing.dialplan_fuzz import Fuzzer

PLAN = """\
name: out
version: "1"
languages: [en]
start: menu
defaults: {otherwise: bye}
states:
  menu:
    ask: {en: What now?}
    choices:
      office: {press: 1, go: office}
      message: {press: 2, go: message}
      call_me: {press: 3, go: call_me}
  office: {transfer: head_office, say: {en: I connect you.}, failed: unreached, after: back}
  message:
    voicemail: complaints
    say: {en: Speak after the tone.}
    go: thanks
    empty: nothing
  call_me: {callback: loans, number: caller, say: {en: One moment.}, go: promised, failed: lost}
  promised: {say: {en: We call you.}, go: bye}
  lost: {say: {en: We cannot call you.}, go: bye}
  thanks: {say: {en: Thank you.}, go: bye}
  nothing: {say: {en: You said nothing.}, go: bye}
  unreached: {say: {en: Nobody is there.}, go: bye}
  back: {say: {en: Welcome back.}, go: bye}
  bye: {hang_up: completed, say: {en: Goodbye.}}
"""
SCENARIOS = """\
dialplan: out.yaml
scenarios:
  A transfer that comes back:
    - press: 1
    - expect: {state: office, order: DialTarget, prompt: I connect you., absent: CancelTarget}
    - wait: 30
    - hang_up: target
    - expect: {prompt: Welcome back., outcome: completed}
  A caller who hangs up on the far end:
    - press: 1
    - wait: 30
    - hang_up: caller
    - expect: {outcome: transferred}
  A busy line:
    - world: {transfer: busy}
    - press: 1
    - expect: {prompt: Nobody is there., within: 5}
  A line that only rings:
    - world: {transfer: silent}
    - press: 1
    - wait: 20
    - expect: {order: unreached, prompt: Nobody is there.}
  A line that cannot be reached, for one who waits on hold:
    - world: {transfer: unreachable}
    - press: 1
    - hold: 10
    - expect: {prompt: Nobody is there.}
  A callback request:
    - press: 3
    - expect: {order: KeepCallback, prompt: We call you.}
  A request that cannot be kept:
    - world: {callback: fails}
    - press: 3
    - expect: {prompt: We cannot call you.}
  A message ended by a key:
    - press: 2
    - expect: {prompt: "[beep]", order: Listen}
    - say: my card was swallowed
    - say: at the branch in the high street
    - press: "#"
    - expect: {message: complaints, prompt: Thank you.}
  A message ended by quiet:
    - press: 2
    - say: my card was swallowed
    - wait: 5
    - expect: {message: complaints, prompt: Thank you.}
  A message by one who hangs up in the middle:
    - press: 2
    - say: my card was swallowed
    - hang_up: caller
    - expect: {message: complaints, outcome: completed}
  A message of nothing:
    - press: 2
    - silent: 1
    - expect: {prompt: You said nothing., outcome: completed}
"""


@pytest.fixture(scope="module")
def plan() -> Dialplan:
    return load_dialplan(PLAN, source="out.yaml")


WRITTEN = load_scenarios(SCENARIOS, file="out.test.yaml").scenarios


@pytest.mark.parametrize("scenario", WRITTEN, ids=lambda scenario: scenario.name)
def test_the_scenario_passes(plan: Dialplan, scenario: object) -> None:
    assert [str(finding) for finding in run_scenario(plan, scenario).failures] == []  # type: ignore[arg-type]


def test_random_events_reach_every_state_and_end_every_call(plan: Dialplan) -> None:
    seen: set[str] = set()
    for seed in range(300):
        fuzzer = Fuzzer(plan, seed)
        fuzzer.run(60)
        seen |= fuzzer.visited
    assert seen >= set(plan.states)


def test_every_way_out_that_is_written_wrong_is_noticed(plan: Dialplan) -> None:
    left = [mutant.fault for mutant in mutants(plan) if survives(mutant, WRITTEN)]
    assert [fault for fault in left if fault.startswith(("office", "message", "call_me"))] == []
    assert survives(Mutant("none", replace(plan)), WRITTEN)


def test_it_proves(plan: Dialplan) -> None:
    assert prove(plan).certificate is not None


def test_the_terminal_plays_them(tmp_path: Path) -> None:
    file = tmp_path / "out.yaml"
    file.write_text(PLAN)
    typed = "/transfer busy\n1\n"
    shown = CliRunner().invoke(simulate, [str(file)], input=typed)
    assert "transfers to head_office" in shown.output
    assert "Nobody is there." in shown.output
    shown = CliRunner().invoke(simulate, [str(file)], input="/callback fails\n3\n")
    assert "leaves a callback request for loans" in shown.output
    assert "We cannot call you." in shown.output
    shown = CliRunner().invoke(simulate, [str(file)], input="2\nhello\n#\n")
    assert "for mailbox complaints" in shown.output
