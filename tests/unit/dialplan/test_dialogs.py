"""Sub-dialogs: values of their own, fresh at every entry; identities that do not outlive what they rest on."""

from __future__ import annotations

import re

import pytest

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.dialplan.workbench.mutants import mutants
from ivr.core.dialplan.workbench.picture import mermaid, svg
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.lookup import LookupDone
from tests.unit.dialplan.desk import END, HEAD, WARNING, Desk, findings, kinds, plan
from tests.unit.dialplan.story_player import stopped

KNOW = """\
dialogs:
  know:
    parameters: {account: digits}
    values: {pin: {type: digits, secret: true}, good: yes_no}
    results: {customer: text}
    start: ask
    otherwise: unknown
    states:
      ask: {ask: {en: PIN?}, digits: {into: pin, length: 2}, go: check}
      check:
        {identify: basic, by: keys, lookup: bank.pin, given: {account: account, pin: pin},
         keep: {good: good, customer: c}, passed: good, attempts: 2,
         again: ask, otherwise: unknown, failed: unknown, go: known}
      known: {return: passed}
      unknown: {return: failed}
"""
HEADS = """\
values: {account: digits, customer: text}
commands: {back: {press: "#", do: back}, restart: {press: 9, go: verify}}
"""
FIRST = """\
states:
  first: {ask: {en: Account?}, digits: {into: account, length: 2}, go: verify}
"""
VERIFY = """\
  verify:
    {dialog: know, given: {account: account}, keep: {customer: customer}, returns: {passed: menu, failed: bye}}
"""
MENU = """\
  menu: {ask: {en: What now?}, choices: {deal: {press: 1, go: deal}, other: {press: 2, go: first},
         again: {press: 3, go: verify}}}
  deal: {say: {en: "The deal, {customer}."}, go: bye}
"""
PROTECT = "protect: {deal: {identity: basic}}\n"
TEXT = HEADS + PROTECT + KNOW + FIRST + VERIFY + MENU


def keys(desk: Desk, text: str) -> None:
    for key in text:
        desk.send(DigitPressed(key))


def answered(desk: Desk, **values: object) -> None:
    desk.send(LookupDone(desk.lookup.lookup_id, values))


@pytest.fixture
def desk() -> Desk:
    return Desk(plan(TEXT))


def test_a_dialog_is_given_parameters_and_hands_results_back(desk: Desk) -> None:
    keys(desk, "42")
    assert desk.state == "verify/ask"
    keys(desk, "47")
    assert desk.lookup.params == {"account": "42", "pin": "47"}
    assert desk.lookup.secret == ("pin",)
    answered(desk, good=True, c="c-1")
    assert desk.state == "menu"
    keys(desk, "1")
    assert desk.text() == "The deal, c-1."
    assert [note["name"] for note in desk.notes("state")] == [
        *("first", "verify", "verify/ask", "verify/check", "verify/known", "menu", "deal"),
    ]


def test_its_values_are_fresh_however_it_is_entered(desk: Desk) -> None:
    keys(desk, "42" + "47")
    answered(desk, good=True, c="c-1")
    values = desk.interpreter._s.known.values
    assert values["verify/good"] is True
    keys(desk, "3")
    assert desk.state == "verify/ask"
    assert "verify/good" not in values
    assert "verify/customer" not in values
    assert values["verify/account"] == "42"


def test_back_into_a_dialog_that_was_left_begins_it_anew(desk: Desk) -> None:
    keys(desk, "42" + "47")
    answered(desk, good=True, c="c-1")
    keys(desk, "2" + "43")  # another account: the dialog is entered with it
    assert desk.interpreter._s.known.values["verify/account"] == "43"
    keys(desk, "#")  # from the dialog's own question to the one before the dialog
    assert desk.state == "first"
    keys(desk, "44")
    assert desk.state == "verify/ask"
    keys(desk, "47")
    answered(desk, good=True, c="c-2")
    assert desk.state == "menu"
    keys(desk, "#")
    assert desk.state == "verify/ask"
    assert "verify/good" not in desk.interpreter._s.known.values, "the dialog went on where it was left"
    keys(desk, "#")
    assert desk.state == "first"


def test_an_identity_reached_inside_is_gone_when_the_outer_account_changes(desk: Desk) -> None:
    keys(desk, "42" + "47")
    answered(desk, good=True, c="c-1")
    assert desk.interpreter.identity == "basic"
    keys(desk, "2" + "43")
    assert desk.interpreter.identity == "none"


def test_an_identity_that_rests_on_a_result_rests_on_the_value_that_kept_it() -> None:
    change = "  swap: {set: {customer: \"'c-9'\"}, go: deal}\n"
    desk = Desk(plan(TEXT.replace("passed: menu, failed: bye", "passed: swap, failed: menu") + change))
    keys(desk, "42" + "47")
    answered(desk, good=True, c="c-1")
    assert "RaiseAlarm" in kinds(desk.all), "another customer was served on this one's identity"


def test_a_result_that_was_not_found_leaves_the_value_unknown() -> None:
    again = TEXT.replace("deal: {say:", "deal: {barge_in: never, say:").replace("go: bye}\n", "go: bye}\n")
    desk = Desk(plan(again))
    keys(desk, "42" + "47")
    answered(desk, good=True, c="c-1")
    keys(desk, "3" + "47")
    answered(desk, good=True)
    assert desk.state == "menu"
    assert "customer" not in desk.interpreter._s.known.values


def test_a_secret_handed_in_is_no_longer_the_givers_and_is_gone_with_the_dialog() -> None:
    inside = KNOW.replace(
        "parameters: {account: digits}", "parameters: {account: digits, code: {type: digits, secret: true}}"
    ).replace("values: {pin: {type: digits, secret: true}, good", "values: {good")
    inside = inside.replace(
        "ask: {ask: {en: PIN?}, digits: {into: pin, length: 2}, go: check}", "ask: {choose: [{else: check}]}"
    )
    inside = inside.replace("pin: pin", "pin: code").replace("again: ask", "again: unknown")
    text = (
        HEADS.replace("customer: text}", "customer: text, code: {type: digits, secret: true}}")
        + inside
        + FIRST.replace("go: verify", "go: code")
        + "  code: {ask: {en: Code?}, digits: {into: code, length: 2}, go: verify}\n"
        + VERIFY.replace("account: account}", "account: account, code: code}")
        + MENU
    )
    desk = Desk(plan(text))
    keys(desk, "42" + "47")
    assert desk.lookup.params["pin"] == "47"
    assert desk.lookup.secret == ("pin",)
    assert "code" not in desk.interpreter._s.known.values
    answered(desk, good=False)
    assert "verify/code" not in desk.interpreter._s.known.values
    assert "47" not in repr(desk.all)


def test_attempts_are_counted_over_all_uses_of_a_dialog() -> None:
    second = VERIFY.replace("verify", "confirm").replace("failed: bye", "failed: menu")
    text = TEXT.replace("failed: bye}}", "failed: menu}}").replace("go: verify}}}", "go: confirm}}}") + second
    desk = Desk(plan(text))
    keys(desk, "42" + "11")
    answered(desk, good=False)
    keys(desk, "12")
    answered(desk, good=False)
    assert desk.state == "menu"
    keys(desk, "3" + "13")
    assert desk.state == "menu", "two more attempts at the other use"


def test_dialogs_nest_and_each_use_has_values_of_its_own() -> None:
    outer = """\
  both:
    parameters: {number: digits}
    values: {one: text}
    start: inner
    states:
      inner: {dialog: know, given: {account: number}, keep: {one: customer}, returns: {passed: said, failed: no}}
      said: {say: {en: "You are {one}."}, go: yes}
      yes: {return: passed}
      no: {return: failed}
"""
    text = (
        HEADS
        + KNOW
        + outer
        + FIRST
        + "  verify: {dialog: both, given: {number: account}, returns: {passed: menu, failed: bye}}\n"
        + MENU.replace("The deal, {customer}.", "The deal.")
    )
    desk = Desk(plan(text))
    keys(desk, "42")
    assert desk.state == "verify/inner/ask"
    keys(desk, "47")
    answered(desk, good=True, c="c-1")
    assert desk.state == "verify/said"
    assert desk.text() == "You are c-1."
    desk.heard()
    assert desk.state == "menu"
    keys(desk, "2" + "43")
    assert desk.interpreter.identity == "none"


def test_an_included_file_holds_dialogs_for_several_dialplans() -> None:
    shared = {"know.yaml": KNOW + KNOW.replace("dialogs:\n  know:", "  spare:")}
    for name in ("one", "two"):
        head = HEAD.replace("desk", name) + "include: [know.yaml]\n"
        dialplan = load_dialplan(
            head + HEADS + FIRST + VERIFY + MENU + END, source="x", read_include=shared.__getitem__
        )
        assert "verify/ask" in dialplan.states


# --- the proof ------------------------------------------------------------------------------------------------------

BROKEN: dict[str, tuple[str, str]] = {
    "a return that skips the proof of identity": (
        TEXT.replace("otherwise: unknown, failed: unknown, go", "otherwise: unknown, failed: known, go"),
        "identity basic",
    ),
    "an outcome that leads on regardless": (TEXT.replace("failed: bye", "failed: deal"), "identity basic"),
    "the account changed after the dialog": (
        TEXT.replace("go: deal}, other", "go: swap}, other")
        + "  swap: {ask: {en: Account?}, digits: {into: account, length: 2}, go: deal}\n",
        "identity basic",
    ),
    "the customer changed after the dialog": (
        TEXT.replace("go: deal}, other", "go: swap}, other") + "  swap: {set: {customer: \"'c-9'\"}, go: deal}\n",
        "identity basic",
    ),
    "the dialog entered again, and left unproved": (
        TEXT.replace("failed: bye", "failed: deal2") + "  deal2: {choose: [{else: deal}]}\n",
        "identity basic",
    ),
}
WARNED = (
    WARNING.replace("otherwise: bye", "otherwise: bye\n")
    + """\
protect: {deal: {after: [risk]}}
commands: {back: {press: "#", do: back}}
dialogs:
  sell:
    start: warn
    states:
      warn: {disclose: risk, go: sure}
      sure: {ask: {en: Sure?}, yes: sold, no: left, silence: {otherwise: left}, nomatch: {otherwise: left}}
      sold: {return: sold}
      left: {return: left}
states:
  first: {dialog: sell, returns: {sold: deal, left: bye}}
  deal: {say: {en: The deal.}, go: bye}
"""
)
LANGUAGES = re.sub(r"\{en: (?!\[)", "{zh: 好。, en: ", WARNED).replace("understand]}", "understand], zh: [明白]}")
BROKEN["a return that skips the warning"] = (
    WARNED.replace("start: warn", "start: pick").replace(
        "      warn:",
        "      pick: {ask: {en: Warn?}, yes: warn, no: sold, silence: {otherwise: left},"
        " nomatch: {otherwise: left}}\n      warn:",
    ),
    "risk",
)
FORWARD = TEXT.replace('back: {press: "#", do: back}, ', "")
BROKEN["back out of a dialog that was entered again"] = (TEXT, "identity basic")
TWO = HEAD.replace("[en]", "[en, zh]")
BROKEN["a language switched inside, after the warning"] = (
    LANGUAGES.replace("sold: {return: sold}", "sold: {language: zh, go: out}\n      out: {return: sold}"),
    "risk",
)


def whole(text: str) -> Dialplan:
    return plan(text, head=TWO if "zh:" in text else HEAD)


@pytest.mark.parametrize("name", BROKEN)
def test_a_way_round_through_a_dialog_is_told_and_stopped(name: str) -> None:
    text, lacking = BROKEN[name]
    dialplan = whole(text)
    proof = prove(dialplan)
    assert proof.certificate is None
    (story,) = [item for item in proof.counterexamples if item.lacking == lacking]
    assert not story.exact or stopped(dialplan, story), str(story)


@pytest.mark.parametrize("text", [FORWARD, WARNED, LANGUAGES])
def test_a_sound_dialplan_with_dialogs_is_certified(text: str) -> None:
    proof = prove(whole(text))
    assert proof.certificate is not None, "\n".join(map(str, proof.counterexamples))


def test_a_rule_on_a_dialogs_state_holds_at_every_use() -> None:
    rules = TEXT.replace("protect: {deal: {identity: basic}}", "protect: {know/known: {identity: basic}}")
    dialplan = plan(rules.replace("failed: bye", "failed: other") + VERIFY.replace("verify", "other"))
    assert sorted(dialplan.protect) == ["other/known", "verify/known"]
    assert prove(dialplan).certificate is not None
    loose = rules.replace("failed: unknown, go: known", "failed: known, go: known")
    (story,) = prove(plan(loose)).counterexamples
    assert story.target == "verify/known"


# --- findings -------------------------------------------------------------------------------------------------------

TWICE = TEXT.replace("failed: bye", "failed: other") + VERIFY.replace("verify", "other")


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        (TEXT.replace("dialog: know", "dialog: no"), "D200", "no dialog is named 'no'"),
        (TEXT.replace("known: {return: passed}", "known: {dialog: know, returns: {passed: ask, failed: ask}}"),
         "D201", "know > know"),
        (TEXT.replace("states:\n  first", "  idle: {start: a, states: {a: {return: b}}}\nstates:\n  first"),
         "D202", "'idle'"),
        (TEXT.replace(", failed: bye", ""), "D203", "'failed' is not in returns"),
        (TEXT.replace("failed: bye", "failed: bye, lost: bye"), "D203", "no outcome 'lost'"),
        (TWICE.replace("into: pin", "into: account"), "D204", "'account' is changed"),
        (TWICE.replace("good: yes_no}", "good: yes_no, customer: text}"), "D205", "'customer' is here a second time"),
        (TEXT.replace("given: {account: account},", ""), "D206", "'account' is not in given"),
        (TEXT.replace("given: {account: account},", "given: {account: account, x: account},"),
         "D206", "no parameter 'x'"),
        (TEXT.replace("keep: {customer: customer},", "keep: {customer: good},"), "D207", "no result 'good'"),
        (TWICE.replace("go: known}", "go: menu}"), "D170", "left by return"),
        (TWICE.replace("go: known}", "go: knwon}"), "D170", "Did you mean 'known'"),
        (TWICE.replace("{en: PIN?}", '{en: "PIN, {customr}?"}'), "D144", "named 'customr'"),
        (TWICE.replace("{en: PIN?}", '{en: "PIN, {pin}?"}'), "D145", "'pin' is secret"),
        (TWICE.replace("passed: good,", "passed: customer,"), "D146", "value, not a condition"),
        (TWICE.replace("      unknown: {return", "      lone: {return: passed}\n      unknown: {return"),
         "D171", "'lone'"),
        (TEXT.replace("customer: text}\ncommands", "customer: date}\ncommands"), "D146", "'customer' holds a date"),
        (TEXT.replace("given: {account: account},", 'given: {account: "1 = 1"},'), "D146", "'account' holds a digits"),
        (TEXT.replace("account: digits}", "identity: digits}"), "D140", "'identity' is a name"),
        (TEXT.replace("results: {customer: text}", "results: {customer: {type: digits, secret: true}}"),
         "D145", "'customer'"),
        (TEXT.replace("start: ask", "start: aks"), "D170", "'aks'"),
        (TEXT.replace("    otherwise: unknown\n", ""), "D135", "where to after silence"),
        (TEXT.replace("first: {ask: {en: Account?}, digits: {into: account, length: 2}, go: verify}",
                      "first: {return: x}"), "D103", "only a dialog returns"),
        (TEXT.replace("protect: {deal:", "protect: {know/nothing:"), "D160", "no state of a dialog"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_once_in_the_dialogs_own_words(text: str, code: str, word: str) -> None:
    found = [item for item in findings(HEAD + text + END) if word in str(item)]
    assert [item.code for item in found] == [code], [str(item) for item in findings(HEAD + text + END)]
    assert "verify/" not in str(found[0])
    assert "other/" not in str(found[0])


def test_a_secret_goes_to_a_secret_parameter_only() -> None:
    text = TEXT.replace("customer: text}\ncommands", "customer: text, s: {type: digits, secret: true}}\ncommands")
    text = text.replace("given: {account: account},", "given: {account: s},")
    assert [item.code for item in findings(HEAD + text + END)] == ["D145"]


def test_dialogs_within_dialogs_cannot_swamp_the_loader() -> None:
    layers = "".join(
        f"  d{n}: {{start: a, states: {{a: {{dialog: d{n + 1}, returns: {{x: b}}}},"
        f" b: {{dialog: d{n + 1}, returns: {{x: c}}}}, c: {{return: x}}}}}}\n"
        for n in range(24)
    )
    text = f"dialogs:\n{layers}  d24: {{start: a, states: {{a: {{return: x}}}}}}\n"
    found = findings(HEAD + text + "states:\n  first: {dialog: d0, returns: {x: bye}}\n" + END)
    assert [item.code for item in found] == ["D208"]


# --- what the tools make of it --------------------------------------------------------------------------------------


def test_mutants_break_a_dialog_at_all_uses_at_once() -> None:
    faults = [mutant.fault for mutant in mutants(plan(TWICE))]
    assert len(faults) == len(set(faults))
    (one,) = [mutant for mutant in mutants(plan(TWICE)) if mutant.fault.startswith("know/check: failed")]
    changed = {name for name, state in one.dialplan.states.items() if state != plan(TWICE).states[name]}
    assert changed == {"verify/check", "other/check"}
    assert any(fault.startswith("verify/known: go leads") for fault in faults)


def test_the_picture_draws_each_use_as_a_cluster() -> None:
    dialplan = plan(TWICE)
    text = mermaid(dialplan)
    assert text.count("subgraph ") == 2
    assert text.count("\n  end\n") == 2
    drawing = svg(dialplan)
    assert drawing.count('class="dialog"') == 2
    assert "verify/ask" in drawing
