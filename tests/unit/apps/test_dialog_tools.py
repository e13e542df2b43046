"""`ivr test`, `simulate`, `graph` and `diff` of a dialplan with a sub-dialog and a question for consent."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.apps.cli.main import cli
from ivr.apps.wiring import intents
from ivr.errors import ModelError

DIALPLAN = """\
name: asking
version: "1"
languages: [en]
start: may
recording: consent
defaults: {otherwise: bye}
dialogs:
  sure:
    parameters: {what: text}
    start: ask
    otherwise: not_sure
    states:
      ask: {ask: {en: "{what}: are you sure?"}, yes: is_sure, no: not_sure}
      is_sure: {return: sure}
      not_sure: {return: unsure}
states:
  may: {consent: recording, ask: {en: May we record this?}, yes: buy, no: buy}
  buy: {dialog: sure, given: {what: "'Buying'"}, returns: {sure: sell, unsure: bye}}
  sell: {dialog: sure, given: {what: "'Selling'"}, returns: {sure: done, unsure: bye}}
  done: {say: {en: Done.}, go: bye}
  bye: {hang_up: completed}
"""
SCENARIOS = """\
dialplan: asking.yaml
scenarios:
  Both are done, unrecorded:
    - press: 2
    - expect: {consent: refused, state: buy/ask, prompt: "Buying: are you sure?", order: PauseRecording}
    - press: 1
    - expect: {state: sell/ask, prompt: "Selling: are you sure?", never: ResumeRecording}
    - press: 1
    - expect: {state: bye, order: [done, sell/is_sure]}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "asking.yaml"
    path.write_text(DIALPLAN)
    path.with_name("asking.test.yaml").write_text(SCENARIOS)
    return path


def run(*words: object, text: str | None = None, code: int = 0) -> str:
    result = CliRunner().invoke(cli, [str(word) for word in words], input=text)
    assert result.exit_code == code, result.output
    return result.output


def test_what_is_inside_a_dialog_is_covered_at_any_use_and_its_ways_out_at_each(file: Path) -> None:
    told = run("test", file.parent)
    assert "1 of 1 scenarios passed" in told
    assert "states 7/8 (88 %)" in told  # all but not_sure, which is one state for both uses
    assert "never gone: sure/ask > sure/not_sure" in told
    assert "never gone: buy/not_sure > bye" in told
    assert "never gone: sell/not_sure > bye" in told
    assert "buy/is_sure" not in told


def test_a_fault_in_a_dialog_is_one_mutant(file: Path) -> None:
    told = run("test", "--mutate", file.parent)
    assert told.count("nobody notices: sure/ask: silence leads to") == 1
    assert "nobody notices: sure/ask: choice yes" not in told


def test_the_simulator_says_that_the_recording_pauses(file: Path) -> None:
    told = run("simulate", file, text="2\n1\n1\n")
    assert "recording paused (no consent)" in told
    assert "consent refused" in told
    assert "state buy/ask" in told


def test_a_change_inside_a_dialog_is_told_at_each_use(file: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(DIALPLAN.replace("are you sure?", "really?").replace("recording: consent\n", "", 1).replace(
        "yes: buy, no: buy", "yes: buy, no: bye"))  # fmt: skip
    told = run("diff", file, new, code=1)
    assert "recording: consent becomes required" in told
    assert "state buy/ask (en): '{buy/what}: are you sure?' becomes '{buy/what}: really?'" in told
    assert "state sell/ask (en)" in told


def test_the_graph_frames_each_use(file: Path) -> None:
    told = run("graph", "--format", "mermaid", file)
    assert 'subgraph s1_all["buy"]' in told
    assert "may the call be recorded?" in told


FREE = """\
name: free
version: "1"
languages: [en]
start: menu
states:
  menu:
    ask: {en: What can I do for you?}
    choices:
      lost: {press: 1, like: {en: [I lost my card, somebody stole my card, my bank card is gone]}, go: lost}
      hours: {press: 2, like: {en: [when are you open, what are your opening hours, how late can I come]}, go: bye}
    silence: {attempts: 1, otherwise: bye}
    nomatch: {attempts: 1, otherwise: bye}
  lost: {hang_up: refused}
  bye: {hang_up: completed}
"""
MEANT = "my cards have vanished"
"""Its words are not those of the examples; what it means is."""


def test_free_speech_is_judged_as_on_a_running_line_and_it_is_said_by_what(tmp_path: Path) -> None:
    (tmp_path / "free.yaml").write_text(FREE, encoding="utf-8")
    scenario = f"scenarios: {{it: [{{say: {MEANT}}}, {{expect: {{outcome: refused}}}}]}}"
    told = tmp_path / "free.test.yaml"
    told.write_text(f"dialplan: free.yaml\n{scenario}\n", encoding="utf-8")
    by_meaning = CliRunner().invoke(cli, ["test", str(told)])
    assert by_meaning.exit_code == 0, by_meaning.output
    assert "judged as on a running line, by use-multilingual-3/1." in by_meaning.output
    by_words = CliRunner().invoke(cli, ["test", "--intents", "words", str(told)])
    assert by_words.exit_code == 2, by_words.output
    assert "judged here by the words that it shares with the examples, as asked" in by_words.output
    talked = CliRunner().invoke(cli, ["simulate", str(tmp_path / "free.yaml")], input=f"{MEANT}\n")
    assert "judged as on a running line" in talked.output
    assert "state lost" in talked.output


def test_who_has_no_model_is_judged_by_words_and_told_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ModelError("The sentence encoder is missing: run tools/install.")

    monkeypatch.setattr(intents, "Usem3Sentences", missing)
    (tmp_path / "free.yaml").write_text(FREE, encoding="utf-8")
    talked = CliRunner().invoke(cli, ["simulate", str(tmp_path / "free.yaml")], input="I lost my card\n")
    assert "by the words that it shares with the examples" in talked.output
    assert "run tools/install" in talked.output
    assert "state lost" in talked.output
