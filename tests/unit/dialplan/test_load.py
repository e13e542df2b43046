from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.language.schema_json import json_schema
from ivr.errors import DialplanError
from tests.unit.dialplan.desk import END, HEAD, SHIPPED, WARNING, findings, plan, shipped

SAY = "states:\n  first: {say: {en: Hello.}, go: bye}\n"


def one(text: str) -> tuple[str, int, int]:
    """Code and place of the only finding."""
    found = findings(text)
    assert len(found) == 1, [str(item) for item in found]
    return found[0].code, found[0].line, found[0].column


def test_a_sound_dialplan_knows_its_name_and_its_hash() -> None:
    dialplan = plan(SAY)
    assert dialplan.id == "desk@1"
    assert len(dialplan.sha256) == 64
    assert dialplan.sha256 != plan(SAY.replace("Hello", "Hallo")).sha256


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("name: [", "D001", (2, 1)),
        (HEAD + SAY + "  first: {hang_up: completed}\n" + END, "D002", (8, 3)),
        ("name: &a x\nversion: *a\nname2: &b [1]\nx: *b\n", "D003", (1, 7)),
        ("", "D007", (1, 1)),
        ("- 1\n", "D007", (1, 1)),
        (HEAD + "states:\n  first: {say: {en: Hi.}, go: bye, barge: any}\n" + END, "D101", (7, 36)),
        (HEAD + "states:\n  first: {say: {en: Hi.}}\n" + END, "D102", (7, 3)),
        (HEAD + "states:\n  first: {talk: {en: Hi.}}\n" + END, "D103", (7, 3)),
        (HEAD.replace('"1"', "1.10") + SAY + END, "D106", (2, 10)),
        (HEAD + "states:\n  First: {say: {en: Hi.}, go: bye}\n" + END, "D105", (7, 3)),
        (HEAD + "states:\n  first: {say: {de: Hallo.}, go: bye}\n" + END, "D113", (7, 17)),
        (HEAD + "states:\n  first: {say: {en: Your {balance}.}, go: bye}\n" + END, "D001", (7, 26)),
        (HEAD + 'states:\n  first: {say: {en: "Your {balance}."}, go: bye}\n' + END, "D144", (7, 16)),
        (HEAD + "states:\n  first: {say: {en: ../../etc/x.wav}, go: bye}\n" + END, "D114", (7, 21)),
        (HEAD + "states:\n  first: {say: {en: Hi.}, go: by}\n" + END, "D170", (7, 31)),
        (HEAD + SAY + "  lost: {say: {en: Hi.}, go: bye}\n" + END, "D171", (8, 3)),
        (HEAD + "states:\n  first: {say: {en: Hi.}, go: [{if: 1 >, to: bye}, {else: bye}]}\n" + END, "D120", (7, 37)),
        (HEAD + "states:\n  first: {say: {en: Hi.}, go: [{if: '1', to: bye}, {else: bye}]}\n" + END, "D146", (7, 37)),
        (HEAD + "states:\n  first: {choose: [{if: 1 = 1, to: bye}]}\n" + END, "D122", (7, 19)),
    ],
)
def test_an_error_is_found_where_it_is(text: str, code: str, place: tuple[int, int]) -> None:
    assert (code, *place) in {(item.code, item.line, item.column) for item in findings(text)}


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.yaml")), ids=lambda path: path.name)
def test_what_ships_is_yaml_for_other_tools_too(path: Path, loader: type[yaml.SafeLoader]) -> None:
    """PyYAML has two parsers, and only one reads `{en: Really?, zh: …}`; yamllint (in `make lint`) uses the other."""
    assert isinstance(yaml.load(path.read_text(encoding="utf-8"), loader), dict)


def test_a_misspelt_key_is_told_its_neighbour() -> None:
    found = findings(HEAD + "states:\n  first: {say: {en: Hi.}, go: bye, type_ahaed: true}\n" + END)
    assert "Did you mean 'type_ahead'?" in str(found[0])


def test_a_misspelt_target_is_told_its_neighbour() -> None:
    found = findings(HEAD + "states:\n  first: {say: {en: Hi.}, go: byee}\n" + END)
    assert "Did you mean 'bye'?" in str(found[0])


def test_yes_and_no_are_words_not_booleans() -> None:
    dialplan = plan("states:\n  first: {ask: {en: Sure?}, yes: bye, no: bye}\n")
    choices = getattr(dialplan.states["first"], "choices")  # noqa: B009 - a question has choices
    assert [choice.name for choice in choices] == ["yes", "no"]


def test_a_prompt_missing_in_one_language_is_found() -> None:
    text = HEAD.replace("[en]", "[en, zh]") + SAY + END
    assert one(text)[0] == "D112"


def test_a_list_is_spoken_through_in_every_language() -> None:
    text = "states:\n  first:\n    say: [{en: Hello.}, {zh: 你好。}]\n    go: bye\n"
    dialplan = plan(text, head=HEAD.replace("[en]", "[en, zh]"))
    assert {clip.language for clip in dialplan.static_clips() if clip.text in ("Hello.", "你好。")} == {"en", "zh"}


ASK = """\
states:
  first:
    ask: {en: What?}
    choices:
      left: {press: 1, hear: {en: [left]}, go: bye}
      right: {press: %s, hear: {en: [%s]}, go: bye}
"""


@pytest.mark.parametrize(
    ("key", "phrase", "code"),
    [("1", "right", "D153"), ("2", "left", "D154"), ("2", "Left!", "D154"), ("2", "leeft", "D154")],
)
def test_answers_that_can_be_mixed_up_are_refused(key: str, phrase: str, code: str) -> None:
    assert one(HEAD + ASK % (key, phrase) + END)[0] == code


def test_a_choice_that_has_no_key_is_refused() -> None:
    text = HEAD + (ASK % ("2", "right")).replace("press: 1, ", "") + END
    assert one(text)[0] == "D149"


SECRET = """\
values: {pin: {type: digits, secret: true}}
states:
  first: {ask: {en: PIN?}, digits: {into: pin, length: 4}, go: next}
"""


@pytest.mark.parametrize(
    "next_state",
    [
        '  next: {say: {en: "It is {pin}."}, go: bye}\n',
        "  next: {choose: [{if: pin = '1234', to: bye}, {else: bye}]}\n",
        "  next: {set: {pin: \"'1'\"}, go: bye}\n",
    ],
)
def test_a_secret_is_good_for_a_lookup_and_nothing_else(next_state: str) -> None:
    assert "D145" in {finding.code for finding in findings(HEAD + SECRET + next_state + END)}


def test_a_secret_cannot_be_typed_ahead() -> None:
    states = SECRET.replace("first:", "ask_pin:") + "  first: {say: {en: Hi.}, type_ahead: true, go: ask_pin}\n"
    found = findings(HEAD + states + "  next: {lookup: bank.check, given: {pin: pin}, go: bye, failed: bye}\n" + END)
    assert [finding.code for finding in found] == ["D151"]


def test_a_caller_who_stays_silent_is_never_led_in_a_circle() -> None:
    text = """\
states:
  first: {ask: {en: A?}, yes: bye, no: bye, silence: {otherwise: second}}
  second: {ask: {en: B?}, yes: bye, no: bye, silence: {otherwise: first}}
"""
    found = findings(HEAD + text + END)
    assert [finding.code for finding in found] == ["D173"]
    assert "first > second > first" in found[0].message


def test_a_call_that_could_never_end_is_refused() -> None:
    text = HEAD.replace("{otherwise: bye}", "{otherwise: first}") + "states:\n  first: {say: {en: Hi.}, go: first}\n"
    assert {"D172", "D173"} <= {finding.code for finding in findings(text)}


@pytest.mark.parametrize(
    ("protect", "code"),
    [
        ("{deal: {after: [risk]}}", "D160"),
        ("{bank.order: {after: [risk]}}", "D160"),
        ("{bye: {}}", "D161"),
        ("{bye: {after: [other]}}", "D148"),
    ],
)
def test_a_protection_that_protects_nothing_is_refused(protect: str, code: str) -> None:
    text = HEAD + f"protect: {protect}\n" + WARNING + "states:\n  first: {disclose: risk, go: bye}\n" + END
    assert code in {finding.code for finding in findings(text)}


def test_a_warning_that_no_state_plays_is_found() -> None:
    assert "D162" in {finding.code for finding in findings(HEAD + WARNING + SAY + END)}


def test_a_warning_has_a_fixed_wording() -> None:
    warning = WARNING.replace("{en: You may lose money.}", '{en: "You may lose {sum}."}')
    text = HEAD + "values: {sum: number}\n" + warning + "states:\n  first: {disclose: risk, go: bye}\n" + END
    assert one(text)[0] == "D147"


def test_a_warning_can_not_be_made_interruptible() -> None:
    text = HEAD + WARNING + "states:\n  first: {disclose: risk, go: bye, barge_in: any}\n" + END
    assert one(text)[0] == "D101"


def test_parts_are_included_from_other_files_and_belong_to_the_hash() -> None:
    main = HEAD + "include: [end.yaml]\n" + "states:\n  first: {say: {en: Hi.}, go: bye}\n"
    parts = {"end.yaml": "states:\n" + END}
    first = load_dialplan(main, source="m.yaml", read_include=parts.__getitem__)
    parts["end.yaml"] += "# other\n"
    second = load_dialplan(main, source="m.yaml", read_include=parts.__getitem__)
    assert "bye" in first.states
    assert first.sha256 != second.sha256


def test_an_error_in_an_included_file_names_that_file() -> None:
    main = HEAD + "include: [end.yaml]\n" + "states:\n  first: {say: {en: Hi.}, go: bye}\n"
    with pytest.raises(DialplanError) as caught:
        load_dialplan(main, source="m.yaml", read_include=lambda name: "states:\n  bye: {hang_up: nicely}\n")
    assert "end.yaml:2:18" in str(caught.value)


def test_a_state_that_two_files_define_is_refused() -> None:
    main = HEAD + "include: [end.yaml]\n" + SAY + END
    with pytest.raises(DialplanError, match="D010"):
        load_dialplan(main, source="m.yaml", read_include=lambda name: "states:\n" + END)


def test_the_shipped_dialplans_are_sound_and_their_prompts_known_in_advance() -> None:
    for path in SHIPPED.glob("*.yaml"):
        if not path.name.endswith(".test.yaml"):
            dialplan = shipped(path.name)
            clips = dialplan.static_clips()
            assert {clip.language for clip in clips} == set(dialplan.languages)
            assert not any(clip.dynamic for clip in clips)
            assert len(set(clips)) == len(clips)


def test_the_json_schema_is_json_and_names_every_state_kind() -> None:
    text = json.dumps(json_schema())
    kinds = ("say", "ask", "disclose", "identify", "lookup", "enqueue", "transfer", "callback", "voicemail", "hang_up")
    for kind in (*kinds, "choose", "set"):
        assert f'"{kind}"' in text


_WORDS = st.sampled_from(
    [*"{}[]:,-'\"#&*!|>%@`\n \t", "states", "say", "go", "en", "first", "bye", "1", "true", "ask", "\x00", "啊", "? "]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_WORDS, max_size=60), st.integers(0, 400))
def test_whatever_is_written_is_a_dialplan_or_is_located(words: list[str], at: int) -> None:
    whole = HEAD + WARNING + "states:\n  first: {disclose: risk, go: bye}\n" + END
    text = whole[:at] + " ".join(words) + whole[at:]
    for finding in findings(text):
        assert finding.line >= 1
        assert finding.column >= 1


SOUNDS = """\
commands:
  agent: {press: 0, hear: {en: [agent], zh: [人工]}, go: bye}
states:
  first:
    ask: {en: What?, zh: 什么？}
    choices:
      sell: {press: 1, hear: {en: [sell], zh: [%s]}, go: bye}
      phone: {press: 2, hear: {en: [%s], zh: [手机]}, go: bye}
"""


@pytest.mark.parametrize(
    ("chinese", "english", "told"),
    [
        ("卖出", "cell", ": D154 'cell' sounds or reads like 'sell' of 'sell' (line 12)."),
        ("首季", "mobile", ": D154 '手机' sounds or reads like '首季' of 'sell' (line 12)."),
        ("忍公", "mobile", ": D154 '忍公' sounds or reads like '人工' of 'agent' (line 7)."),
        ("卖出", "agents", ": D154 'agents' sounds or reads like 'agent' of 'agent' (line 7)."),
    ],
)
def test_phrases_that_sound_alike_are_named_with_both_places(chinese: str, english: str, told: str) -> None:
    head = HEAD.replace("[en]", "[en, zh]")
    found = [str(finding) for finding in findings(head + SOUNDS % (chinese, english) + END)]
    assert len(found) == 1
    assert told in found[0]
    assert "sell shares" in found[0]
