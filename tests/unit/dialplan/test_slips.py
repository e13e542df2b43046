"""Slips that authors make: each is told at its own place, with its own remedy, and nothing of what follows from it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.dialplan.desk import findings

PLAN = """\
name: claims
version: "1"
languages: [en, zh]
start: menu
defaults: {otherwise: goodbye}
hours:
  office_open: {weekly: {mon-fri: "09:00-18:00"}}
values:
  premium: text
disclosures:
  waiver:
    say: {en: You waive a visit., zh: 您放弃上门查勘。}
    acknowledge: {ask: {en: Press 1., zh: 请按1。}, press: 1, otherwise: goodbye}
protect:
  claim: {after: [waiver]}
states:
  menu:
    ask: {en: A claim or the premium?, zh: 报案还是保费？}
    choices:
      claim: {press: 1, hear: {en: [report it], zh: [报案]}, go: warn}
      premium: {press: 2, hear: {en: [premium], zh: [保费]}, go: clock}
    silence: {attempts: 2, otherwise: goodbye}
  warn:
    disclose: waiver
    go: claim
  claim:
    say: {en: "It is done.", zh: 已办理。}
    barge_in: never
    go: goodbye
  clock:
    choose:
      - {if: office_open, to: premium}
      - else: goodbye
  premium:
    say: {en: "It is {premium}.", zh: "是{premium}。"}
    go: goodbye
  goodbye:
    say: {en: "I thank you, good-bye.", zh: 再见。}
    hang_up: completed
"""

SLIPS = {
    "a tab": (
        "    disclose: waiver\n",
        "\tdisclose: waiver\n",
        "24:1: D001 this line begins with a tab. Indent with spaces.",
    ),
    "one space too few": (
        "    barge_in: never\n",
        "   barge_in: never\n",
        "28:4: D001 this line is indented by 3, its neighbours by 4. Write 4 spaces.",
    ),
    "one space too many": (
        "    barge_in: never\n",
        "     barge_in: never\n",
        "28:6: D001 this line is indented by 5, its neighbours by 4. Write 4 spaces.",
    ),
    "a state at the margin": (
        "  warn:\n",
        "warn:\n",
        "23:1: D001 'warn' stands at the left margin and so ends states:. Indent it by 2.",
    ),
    "the last state at the margin": (
        '  goodbye:\n    say: {en: "I thank you, good-bye.", zh: 再见。}\n    hang_up: completed\n',
        "goodbye:\n  say: {en: Good-bye., zh: 再见。}\n  hang_up: completed\n",
        "37:1: D101 'goodbye' stands at the left margin: is it a state? Then indent it by 2 more,",
    ),
    "a key too deep": (
        "    silence: {attempts",
        "      silence: {attempts",
        "22:7: D107 'silence' stands among the choices: is it the question's own? Then write it 2 columns further left",
    ),
    "a comma within braces": (
        '"I thank you, good-bye."',
        "I thank you, good-bye.",
        '38:28: D001 a comma within { } begins a new entry. Put the text in quotes: "I thank you, good-bye."',
    ),
    "a colon in a text": ("say: {en: You waive", "say: {en: Note: you waive", "12:19: D001 this is not YAML"),
    "a quote left open": (
        '"It is done."',
        '"It is done.',
        "27:15: D001 the quote that opens here is not closed in its line, and takes all up to line 35 for text.",
    ),
    "the last quote left open": (
        'good-bye."',
        "good-bye.",
        "38:15: D001 the quote that opens here is never closed. Close it, in this line.",
    ),
    "a full-width colon behind a key": (
        "    ask: {en",
        "    ask：{en",
        "18:8: D001 this is a full-width colon (：). Write : and a space.",
    ),
    "a full-width colon behind a language": (
        "choices:\n      claim: {press: 1",
        "choices:\n      claim: {press：1",
        "20:15: D001 this is a full-width mark (：). Write : and a space.",
    ),
    "a full-width brace": (
        "say: {en: You waive a visit., zh: 您放弃上门查勘。}",
        "say: ｛en: You waive a visit., zh: 您放弃上门查勘。｝",
        "12:10: D001 this is a full-width mark (｛). Write {.",
    ),
    "a value mistyped": (
        "It is {premium}",
        "It is {premum}",
        "35:10: D144 no value is named 'premum'. Did you mean 'premium'?",
    ),
    "a state mistyped": ("go: claim\n", "go: clam\n", "25:9: D170 no state is named 'clam'. Did you mean 'claim'?"),
    "a disclosure mistyped": (
        "    disclose: waiver\n",
        "    disclose: waivr\n",
        "24:15: D148 no disclosure is named 'waivr'. Did you mean 'waiver'?",
    ),
    "a rule's disclosure mistyped": (
        "after: [waiver]",
        "after: [waver]",
        "15:19: D148 no disclosure is named 'waver'. Did you mean 'waiver'?",
    ),
    "a rule's state mistyped": (
        "  claim: {after",
        "  clam: {after",
        "15:3: D160 'clam' is neither a state nor a query. Did you mean 'claim'?",
    ),
    "the kind of a state mistyped": (
        "    disclose: waiver\n",
        "    discloze: waiver\n",
        "24:5: D103 'discloze' is no key here. Did you mean 'disclose'?",
    ),
    "opening hours compared with yes": (
        "if: office_open,",
        "if: office_open = yes,",
        "32:14: D146 'office_open' is true or false, not yes or no. Write office_open alone, or office_open = true.",
    ),
    "opening hours mistyped": (
        "if: office_open,",
        "if: ofice_open,",
        "32:14: D146 no value is named 'ofice_open'. Did you mean 'office_open'?",
    ),
    "three keys in one": ("press: 2", "press: 010", '21:24: D106 010 is 3 keys; write one of 0 to 9, "*" or "#".'),
}


def test_the_plan_without_slips_is_sound() -> None:
    assert findings(PLAN) == []


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_once_at_its_place_with_its_remedy(slip: str) -> None:
    written, instead, told = SLIPS[slip]
    assert PLAN.count(written) == 1
    (found,) = findings(PLAN.replace(written, instead))
    assert str(found).partition(":")[2].startswith(told), str(found)


def test_a_state_that_has_the_name_of_a_key_is_no_slip() -> None:
    """`hours` is a key of the file, and a good name for a state: what is wrong in it is told as anywhere."""
    found = findings(PLAN.replace("  warn:\n    disclose: waiver", "  hours:\n    disclose: waiver\n    barge: any"))
    assert "D101 'barge' is no key here." in str(found[0])


@settings(max_examples=150, deadline=None)
@given(
    at=st.integers(0, len(PLAN)),
    cut=st.integers(0, 3),
    instead=st.text(alphabet=" \t\n\"'{}[]:,#-|>&*!%@`：，｛｝“”é𝄞a1", max_size=4),
)
def test_whatever_was_typed_is_told_at_a_place_in_the_file(at: int, cut: int, instead: str) -> None:
    text = PLAN[:at] + instead + PLAN[at + cut :]
    lines = len(text.splitlines())
    for found in findings(text):
        assert 1 <= found.line <= lines + 1
        assert found.column >= 1
        assert found.message.strip()
