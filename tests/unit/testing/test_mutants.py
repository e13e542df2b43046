from __future__ import annotations

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.workbench.mutants import mutants, survives
from ivr.core.dialplan.workbench.scenario import load_scenarios

DIALPLAN = """\
name: small
version: "1"
languages: [en]
start: first
defaults: {otherwise: sorry, silence: {attempts: 0}, nomatch: {attempts: 0}}
disclosures:
  risk:
    say: {en: You may lose money.}
    acknowledge: {ask: {en: Press one.}, press: 1, otherwise: sorry}
protect: {deal: {after: [risk]}}
states:
  first: {ask: {en: Deal?}, yes: warn, no: bye}
  warn: {disclose: risk, go: deal}
  deal: {say: {en: The deal.}, go: bye}
  sorry: {say: {en: Sorry.}, go: bye}
  bye: {hang_up: completed, say: {en: Good-bye.}}
"""
SCENARIOS = """\
dialplan: small.yaml
scenarios:
  No deal:
    - press: 2
    - expect: {prompt: Good-bye., absent: warn}
%s"""


def unnoticed(scenarios: str) -> list[str]:
    dialplan = load_dialplan(DIALPLAN, source="small.yaml")
    written = load_scenarios(SCENARIOS % scenarios, file="small.test.yaml")
    return [mutant.fault for mutant in mutants(dialplan) if survives(mutant, written.scenarios)]


def test_a_warning_left_out_is_noticed_by_the_proof_alone() -> None:
    found = unnoticed("")
    assert not any("left out" in fault for fault in found)
    assert "first: silence leads to bye" in found


def test_a_scenario_for_each_way_leaves_no_fault_unnoticed() -> None:
    assert (
        unnoticed(
            """\
  Silence:
    - silent: 1
    - expect: {prompt: [Sorry., Good-bye.]}
  Mumbling:
    - press: 7
    - expect: {prompt: Sorry., never: warn}
  A deal:
    - press: 1
    - press: 1
    - expect: {prompt: [The deal., Good-bye.]}
"""
        )
        == []
    )
