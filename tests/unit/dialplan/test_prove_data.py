"""Disclosures that depend on data: ways round them that an author may leave open, and plans that are sound."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import product

import pytest

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.act import ActKind
from ivr.core.dialplan.proof.prove import prove
from ivr.core.dialplan.proof.stories import Counterexample
from tests.unit.dialplan.story_player import Impossible, stopped
from tests.unit.dialplan.ways_round import COSTS, DEAL, WHICH

HEAD = """\
name: deals
version: "1"
languages: [en, zh]
start: first
{header}defaults: {{otherwise: bye, silence: {{attempts: 1}}, nomatch: {{attempts: 1}}}}
values: {{account: digits, class: number, good: yes_no, where: text}}
{commands}disclosures:
  high:
    say: {{en: High risk., zh: 高风险。}}
    acknowledge: {{ask: {{en: Press one., zh: 请按1。}}, press: 1, attempts: 1, otherwise: {otherwise}}}
"""
HIGH = 'also: [{if: "class >= 1", after: [high]}]'
RULE = f"protect: {{deal: {{{HIGH}}}}}\n"
LOOK = "{lookup: bank.class, keep: {class: c}, failed: bye, go: %s}"
WARN = "  warn: {disclose_for: deal, go: %s}\n"


def deals(
    states: str, *, protect: str = RULE, extra: str = "", header: str = "", commands: str = "", otherwise: str = "bye"
) -> Dialplan:
    head = HEAD.format(header=header, commands=commands, otherwise=otherwise)
    return load_dialplan(head + extra + protect + "states:\n" + states + DEAL, source="deals.yaml")


START = "  first: " + LOOK % "warn" + "\n"
WHEN = "high when class >= 1"
BACK = "commands: {back: {press: '#', do: back}}\n"
BOTH = 'protect: {deal: {also: [{if: "class >= 1", after: [high, costs]}]}}\n'
OTHER = f'protect: {{deal: {{{HIGH}}}, other: {{also: [{{if: "class >= 5", after: [high]}}]}}}}\n'
BYPASSES: dict[str, tuple[Dialplan, str]] = {
    "the warning simply not played": (
        deals("  first: " + LOOK % "ask" + f"\n  ask: {{{WHICH}, yes: warn, no: deal}}\n" + WARN % "deal"),
        WHEN,
    ),
    "the value looked up anew after the warning": (
        deals(START + WARN % "again" + "  again: " + LOOK % "deal" + "\n"),
        WHEN,
    ),
    "a second lookup that no longer says": (
        deals(
            "  first: " + LOOK % "low" + '\n  low: {choose: [{if: "class < 1", to: again}, {else: warn}]}\n'
            "  again: " + LOOK % "deal" + "\n" + WARN % "deal"
        ),
        WHEN,
    ),
    "the value set after the branch": (
        deals(
            "  first: " + LOOK % "low" + '\n  low: {choose: [{if: "class < 1", to: raise}, {else: warn}]}\n'
            '  raise: {set: {class: "5"}, go: deal}\n' + WARN % "deal"
        ),
        WHEN,
    ),
    "a value that is not known, on the other branch": (
        deals(
            "  first: "
            + LOOK % "low"
            + '\n  low: {choose: [{if: "class >= 1", to: warn}, {else: deal}]}\n'
            + WARN % "deal"
        ),
        WHEN,
    ),
    "a branch on another value": (
        deals(
            "  first: {lookup: bank.class, keep: {class: c, good: g}, failed: bye, go: low}\n"
            "  low: {choose: [{if: good, to: deal}, {else: warn}]}\n" + WARN % "deal"
        ),
        WHEN,
    ),
    "a branch that lets more pass than the rule": (
        deals(
            "  first: "
            + LOOK % "low"
            + '\n  low: {choose: [{if: "class < 2", to: deal}, {else: warn}]}\n'
            + WARN % "deal"
        ),
        WHEN,
    ),
    "a lookup that fails": (
        deals("  first: {lookup: bank.class, keep: {class: c}, failed: deal, go: warn}\n" + WARN % "deal"),
        WHEN,
    ),
    "a language switched between the warning and the deal": (
        deals(START + WARN % "lang" + "  lang: {language: zh, go: deal}\n"),
        WHEN,
    ),
    "back over the lookup": (
        deals(
            START
            + WARN % "sure"
            + f"  sure: {{{WHICH}, yes: deal, no: look}}\n  look: "
            + LOOK % "last"
            + f"\n  last: {{{WHICH}, yes: bye, no: bye}}\n",
            commands=BACK,
        ),
        WHEN,
    ),
    "back from a warning, to a question asked when there was nothing to warn of": (
        deals(START + WARN % "sure" + f"  sure: {{{WHICH}, yes: deal, no: first}}\n", commands=BACK),
        WHEN,
    ),
    "the warnings of another rule": (
        deals(
            "  first: " + LOOK % "ask" + f"\n  ask: {{{WHICH}, yes: warn, no: play}}\n"
            "  warn: {disclose_for: other, go: deal}\n  play: {disclose_for: deal, go: other}\n"
            "  other: {say: {en: Other., zh: 其他。}, go: bye}\n",
            protect=OTHER,
        ),
        WHEN,
    ),
    "the second of two warnings not acknowledged": (
        deals(
            START + WARN % "deal",
            protect='protect: {deal: {also: [{if: "class >= 1", after: [costs, high]}]}}\n',
            extra=COSTS,
            otherwise="deal",
        ),
        WHEN,
    ),
    "a command at the second warning": (
        deals(START + WARN % "deal", protect=BOTH, extra=COSTS, commands="commands: {now: {press: 5, go: deal}}\n"),
        "costs when class >= 1",
    ),
    "an agent who gives the call back": (
        deals("  first: {enqueue: q, otherwise: look, after: deal}\n  look: " + LOOK % "warn" + "\n" + WARN % "deal"),
        WHEN,
    ),
    "a query sent from another state": (
        deals(
            "  first: " + LOOK % "ask" + f"\n  ask: {{{WHICH}, yes: warn, no: order}}\n"
            "  warn: {disclose_for: bank.order, go: order}\n  order: {lookup: bank.order, go: deal, failed: bye}\n",
            protect=f"protect: {{bank.order: {{{HIGH}}}}}\n",
        ),
        WHEN,
    ),
    "the line's own jurisdiction": (
        deals(
            f"  first: {{{WHICH}, yes: warn, no: deal}}\n" + WARN % "deal",
            protect="protect: {deal: {also: [{if: \"jurisdiction = 'SG'\", after: [high]}]}}\n",
            header="jurisdiction: SG\n",
        ),
        "high when jurisdiction = 'SG'",
    ),
    "a language that demands more, chosen at the end": (
        deals(
            f"  first: {{{WHICH}, yes: ask, no: play}}\n  ask: {{{WHICH}, yes: deal, no: lang}}\n"
            "  lang: {language: zh, go: deal}\n  play: {disclose: high, go: bye}\n",
            protect="protect: {deal: {also: [{if: \"language = 'zh'\", after: [high]}]}}\n",
        ),
        "high when language = 'zh'",
    ),
    "an identity lost after the branch": (
        deals(
            "  first: {ask: {en: Account?, zh: 账号？}, digits: {into: account, length: 2}, go: who}\n"
            "  who: {identify: basic, by: keys, lookup: bank.pin, given: {account: account}, keep: {good: good},"
            " passed: good, again: bye, otherwise: bye, attempts: 1, failed: bye, go: known}\n"
            "  known: {choose: [{if: identity = 'basic', to: again}, {else: warn}]}\n"
            "  again: {ask: {en: Account?, zh: 账号？}, digits: {into: account, length: 2}, go: deal}\n"
            + WARN
            % "deal",
            protect="protect: {deal: {also: [{if: \"identity = 'none'\", after: [high]}]}}\n",
        ),
        "high when identity = 'none'",
    ),
}


def _played_somehow(dialplan: Dialplan, story: Counterexample) -> bool:
    """Whether the guard stops the story with some answers of the data sources: the prover does not choose them."""
    places = [
        (n, m) for n, stay in enumerate(story.stays) for m, act in enumerate(stay.acts) if act.kind is ActKind.ANSWER
    ]
    for details in product(("yes", "no", "nothing"), repeat=len(places)):
        stays = [list(stay.acts) for stay in story.stays]
        for (n, m), detail in zip(places, details, strict=True):
            stays[n][m] = replace(stays[n][m], detail=detail)
        told = tuple(replace(stay, acts=tuple(acts)) for stay, acts in zip(story.stays, stays, strict=True))
        with suppress(Impossible):
            if stopped(dialplan, replace(story, stays=told)):
                return True
    return False


@pytest.mark.parametrize("name", BYPASSES)
def test_a_way_round_names_its_condition_and_is_stopped_by_the_guard(name: str) -> None:
    dialplan, lacking = BYPASSES[name]
    proof = prove(dialplan)
    assert proof.certificate is None
    (story,) = [item for item in proof.counterexamples if item.lacking == lacking]
    assert lacking in str(story)
    assert story.leaning or _played_somehow(dialplan, story), str(story)


BY_PLACE = "protect: {deal: {also: [{if: \"where = 'SG'\", after: [high]}]}}\n"
SOUND: dict[str, Dialplan] = {
    "every warning that is demanded, just before": deals(START + WARN % "deal"),
    "said something in between": deals(START + WARN % "say" + "  say: {say: {en: Fine., zh: 好。}, go: deal}\n"),
    "a branch for those of whom it is known not to hold": deals(
        "  first: " + LOOK % "low" + '\n  low: {choose: [{if: "class < 1", to: deal}, {else: warn}]}\n' + WARN % "deal"
    ),
    "the same with not": deals(
        "  first: "
        + LOOK % "low"
        + '\n  low: {choose: [{if: "not (class >= 1)", to: deal}, {else: warn}]}\n'
        + WARN % "deal"
    ),
    "a branch that lets less pass than the rule": deals(
        "  first: "
        + LOOK % "low"
        + '\n  low: {choose: [{if: "class < 0 and good", to: deal}, {else: warn}]}\n'
        + WARN % "deal"
    ),
    "another place than the one in the rule": deals(
        "  first: {lookup: bank.who, keep: {where: w}, failed: bye, go: eu}\n"
        "  eu: {choose: [{if: where = 'EU', to: deal}, {else: warn}]}\n" + WARN % "deal",
        protect=BY_PLACE,
    ),
    "another value looked up after the warning": deals(
        START + WARN % "again" + "  again: {lookup: bank.good, keep: {good: g}, failed: bye, go: deal}\n"
    ),
    "heard whatever the value, then looked up anew": deals(
        "  first: {disclose: high, go: look}\n  look: " + LOOK % "deal" + "\n"
    ),
    "a line under another law": deals(
        f"  first: {{{WHICH}, yes: deal, no: play}}\n  play: {{disclose: high, go: bye}}\n",
        protect="protect: {deal: {also: [{if: \"jurisdiction = 'SG'\", after: [high]}]}}\n",
        header="jurisdiction: JP\n",
    ),
    "the second warning refused, and a deal that needs the first alone": deals(
        START + WARN % "deal" + "  small: {say: {en: A small deal., zh: 小额。}, go: bye}\n",
        protect=f"protect: {{deal: {{after: [costs], {HIGH}}}, small: {{after: [costs]}}}}\n",
        extra=COSTS,
        otherwise="small",
    ),
    "a loop that warns each time": deals(START + WARN % "sure" + f"  sure: {{{WHICH}, yes: deal, no: first}}\n"),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_dialplan_is_certified_and_its_rules_are_named(name: str) -> None:
    proof = prove(SOUND[name])
    assert proof.certificate is not None, "\n".join(map(str, proof.counterexamples))
    assert any("when" in rule for rule in proof.certificate.rules)


def test_there_are_enough_ways_round() -> None:
    assert len(BYPASSES) >= 8
