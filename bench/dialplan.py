"""Figures of the dialplan core: `python -m bench.dialplan`. Reported, never asserted. Times are CPU time of a core."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

from ivr.core.call.call import Call
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.dialplan.runtime.interpreter import Interpreter
from ivr.core.orders.calls import CallAnswered, CallArrived
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.listening import HypothesisReceived
from ivr.core.orders.playing import PlayPrompt, PlayReport, PromptEnd, PromptEnded, PromptStarted
from ivr.core.orders.recording import RecordingStarted
from ivr.testing.dialplan_fuzz import Fuzzer
from ivr.testing.dialplan_maker import made_dialplan

WEALTH = Path(__file__).resolve().parent.parent / "dialplans" / "wealth.yaml"
STATES, RULES = (710, 1000), 20
"""As written; each use of a dialog adds its states, which makes them 1,008 and 1,394."""
EVENTS = 100_000
GUARD_ROUNDS = 500
HEARD = PlayReport(audio_sha256="0" * 64, length=8000, first_sample=0, last_sample=8000, packets_sent=50, loss=0.0)
"""Of the line's own disclosure."""
CALLS = 500


def _call(dialplan: Dialplan) -> Interpreter:
    """A call in the menu."""
    call = Interpreter(dialplan, arrival=CallArrived("bench", "sip:bench@example.org", "1", 0.0))
    (line,) = [order for order in call.start(0.0) if isinstance(order, PlayPrompt)]
    orders = call.receive(PromptEnded(line.prompt_id, PromptEnd.COMPLETED, HEARD), now=0.5)
    (question,) = [order for order in orders if isinstance(order, PlayPrompt)]
    call.receive(PromptEnded(question.prompt_id, PromptEnd.COMPLETED), now=0.6)
    call.receive(DigitPressed("1"), now=0.7)
    assert call.state == "menu"
    return call


def made(states: int, *, back: bool, hole: bool = False) -> str:
    """A generated dialplan; `hole`: one way round a warning."""
    text = made_dialplan(1, states=states, rules=RULES, disclosures=RULES, careful=True)
    if not back:
        text = "".join(line for line in text.splitlines(keepends=True) if "do: back" not in line)
    return text.replace("choices: {p1:", "choices: {round: {press: 5, go: deal7}, p1:", 1) if hole else text


def thousand_states(states: int, *, back: bool) -> list[tuple[str, str]]:
    """Load, check and prove a generated dialplan, and one that does not prove."""
    began = time.process_time()
    dialplan = load_dialplan(made(states, back=back), source="made.yaml")
    loaded = time.process_time()
    proof = prove(dialplan)
    proved = time.process_time()
    assert proof.certificate is not None
    title = f"{len(dialplan.states):,} states, {RULES} rules" + (", back" if back else "")
    broken = load_dialplan(made(states, back=back, hole=True), source="made.yaml")
    asked = time.process_time()
    assert [story.target for story in prove(broken).counterexamples] == ["deal7"]
    refused = time.process_time()
    return [
        (f"load and check {title}", f"{loaded - began:.2f} s"),
        (f"prove {title}", f"{proved - loaded:.2f} s"),
        (f"refuse it with a way round one warning, told{', back' if back else ''}", f"{refused - asked:.2f} s"),
    ]


def events(dialplan: Dialplan) -> list[tuple[str, str]]:
    """Events a second through one interpreter: questions asked again, and the small talk of the media side."""
    call = _call(dialplan)
    began = time.process_time()
    for number in range(EVENTS // 4):
        call.receive(DigitPressed("9"), now=1.0 + number)
        call.receive(PromptStarted(1, 0), now=1.0 + number)
        call.receive(HypothesisReceived(1, "hello"), now=1.0 + number)
        call.receive(HypothesisReceived(1, "hello there"), now=1.0 + number)
    mixed = EVENTS / (time.process_time() - began)
    began = time.process_time()
    for number in range(EVENTS // 4):
        call.receive(DigitPressed("9"), now=1e6 + number)
    asked = EVENTS / 4 / (time.process_time() - began)
    began = time.process_time()
    count = 0
    for seed in range(CALLS):
        fuzzer = Fuzzer(dialplan, seed)
        fuzzer.run(150)
        count += fuzzer.events
    fuzzed = count / (time.process_time() - began)
    return [
        ("events a second, mixed", f"{mixed:,.0f}"),
        ("events a second, each asks a question again", f"{asked:,.0f}"),
        ("random events a second, fuzzer and auditor included", f"{fuzzed:,.0f}"),
    ]


def wealth() -> Dialplan:
    """The shipped line, with the rules that it names."""
    text = WEALTH.read_text(encoding="utf-8")

    def beside(name: str) -> str:
        return (WEALTH.parent / name).read_text(encoding="utf-8")

    return load_dialplan(text, source=WEALTH.name, read_include=beside)


def guard(dialplan: Dialplan) -> list[tuple[str, str]]:
    """What it takes to ask whether a state may be entered, as is done once for each that is: all states in turn."""
    session = _call(dialplan)._s
    began = time.process_time()
    for _ in range(GUARD_ROUNDS):
        for name in dialplan.states:
            session.permitted(name)
    spent = time.process_time() - began
    return [("the proof's guard, each state entered", f"{spent * 1e6 / GUARD_ROUNDS / len(dialplan.states):.1f} us")]


def _long_call(dialplan: Dialplan) -> Call:
    """All that the core holds of a call that has been through a hundred questions, record included."""
    call = Call(dialplan)
    call.receive(CallArrived("bench", "sip:bench@example.org", "1", 0.0), now=0.0)
    call.receive(RecordingStarted("bench"), now=0.1)
    orders = call.receive(CallAnswered(), now=0.2)
    (welcome,) = [order for order in orders if isinstance(order, PlayPrompt)]
    orders = call.receive(PromptEnded(welcome.prompt_id, PromptEnd.COMPLETED, HEARD), now=0.4)
    (question,) = [order for order in orders if isinstance(order, PlayPrompt)]
    call.receive(PromptEnded(question.prompt_id, PromptEnd.COMPLETED), now=0.45)
    call.receive(DigitPressed("1"), now=0.5)
    for number in range(50):
        call.receive(DigitPressed("1"), now=1.0 + number)
        call.receive(DigitPressed("#"), now=1.5 + number)
    assert call.record.states[-2:] == ("balance_account", "menu")
    return call


def memory(dialplan: Dialplan) -> list[tuple[str, str]]:
    """Memory of one call in the core: in its first question, and after a hundred."""
    found = []
    for name, make in (("", _call), (", after 100 questions", _long_call)):
        make(dialplan)
        tracemalloc.start()
        calls = [make(dialplan) for _ in range(CALLS)]
        size = tracemalloc.get_traced_memory()[0] / len(calls)
        tracemalloc.stop()
        found.append((f"memory of a call in the core{name}", f"{size / 1024:.1f} kB"))
    return found


def main() -> None:
    """Print the table."""
    dialplan = wealth()
    began = time.process_time()
    proof = prove(dialplan)
    rows = [(f"prove {dialplan.id}", f"{time.process_time() - began:.2f} s")]
    assert proof.certificate is not None
    for states in STATES:
        rows += [*thousand_states(states, back=False), *thousand_states(states, back=True)]
    rows += [*events(dialplan), *guard(dialplan), *memory(dialplan)]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value:>10}")


if __name__ == "__main__":
    main()
