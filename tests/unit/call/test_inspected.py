"""A sealed call becomes what rules read: the words, who was silent, and which source had answered what by then."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from ivr.core.audit.step import CallStep
from ivr.core.call.inspected import talk_of
from ivr.core.call.journal import order_line, to_json
from ivr.core.call.record import CallRecord
from ivr.core.call.recording import Told
from ivr.core.call.transcript import CALLER, ENGINE, Span
from ivr.core.call.transcription import AGENT, TARGET, Transcription, Utterance, Word
from ivr.core.compliance import manner
from ivr.core.dialplan.line_law import LineFact
from ivr.core.dialplan.model import Dialplan
from ivr.core.events import Event
from ivr.core.media.frame import SAMPLE_RATE as SECOND
from ivr.core.orders.calls import CallAnswered
from ivr.core.orders.evidence import NOT_ASKED, DisclosureHeard
from ivr.core.orders.lookup import LookupDone, StartLookup

ANSWERED_AT = 1_000.0


class MadeCall(Told):
    """A recording's words, made here."""

    __slots__ = ("_contents", "_spans", "_steps", "heard")

    def __init__(self, spans: list[Span], steps: list[CallStep], entries: list[dict[str, object]]) -> None:
        self._spans, self._steps = spans, steps
        self.heard: tuple[DisclosureHeard, ...] = ()
        self._contents = SimpleNamespace(entries=entries, samples=60 * SECOND, pauses=(), manifest=None)

    @property
    def contents(self):  # type: ignore[no-untyped-def]
        return self._contents

    def record(self) -> CallRecord:
        return CallRecord(
            "call-1", ANSWERED_AT - 2, ANSWERED_AT, ANSWERED_AT + 60, caller="", language="en", disclosures=self.heard
        )

    def transcript(self) -> list[Span]:
        return self._spans

    def steps(self) -> list[CallStep]:
        return self._steps


DIALPLAN = cast(Dialplan, SimpleNamespace(name="wealth", jurisdiction=None, disclosures={}))


def span(who: str, first: float, last: float, text: str = "words") -> Span:
    return Span(who, int(first * SECOND), int(last * SECOND), "en", text, 0.5 if who == CALLER else None)


def step(at: float, action: str, **details: object) -> CallStep:
    return CallStep(1, ANSWERED_AT + at, action, details)


def entry(now: float, event: Event, *orders: StartLookup) -> dict[str, object]:
    return {"now": now, "event": to_json(event), "orders": [order_line(order) for order in orders]}


def test_each_side_has_its_words_and_how_surely_they_were_heard() -> None:
    talk = talk_of(MadeCall([span(ENGINE, 0, 5, "hello"), span(CALLER, 6, 7, "fund")], [], []), DIALPLAN)
    assert [(said.text, said.confidence) for said in talk.bank] == [("hello", 1.0)]
    assert [(said.text, said.confidence) for said in talk.caller] == [("fund", 0.5)]
    assert (talk.dialplan, talk.jurisdiction, talk.language, talk.samples) == ("wealth", "", "en", 60 * SECOND)


def test_a_source_counts_from_its_answer_on() -> None:
    asked = StartLookup(7, "bank", "balance", {"account": "12345678"})
    entries = [
        entry(100.0, CallAnswered(), asked),
        entry(112.5, LookupDone(7, {"amount": "12.50", "currency": "EUR"})),
        entry(113.0, LookupDone(8, {"amount": "nobody asked"})),
    ]
    (answer,) = talk_of(MadeCall([], [], entries), DIALPLAN).answers
    assert answer.sample == round(12.5 * SECOND)
    assert answer.values == {"bank.balance.amount": "12.50", "bank.balance.currency": "EUR"}
    assert "12.50" not in repr(answer)


def test_what_a_disclosure_tells_of_the_line_counts_from_its_end_on() -> None:
    heard = DisclosureHeard("line", "en", "ab", 0, 3 * SECOND, 150, 0.0, 1, NOT_ASKED, "", None, 3.0)
    plan = SimpleNamespace(
        name="wealth", jurisdiction="EU", disclosures={"line": SimpleNamespace(tells=[LineFact.EMOTION])}
    )
    call = MadeCall([], [], [])
    call.heard = (heard,)
    talk = talk_of(call, cast(Dialplan, plan))
    assert talk.disclosures == ((3 * SECOND, "line"), (3 * SECOND, "emotion"))


def test_states_are_where_they_were_entered() -> None:
    talk = talk_of(MadeCall([], [step(3, "state.entered", state="menu"), step(-1, "call.arrived")], []), DIALPLAN)
    assert talk.states == ((3 * SECOND, "menu"),)


def test_nobody_is_silent_while_somebody_may_speak_of_whom_no_word_is_known() -> None:
    spans = [span(ENGINE, 0, 5), span(CALLER, 4, 6), span(ENGINE, 16, 18)]
    steps = [step(20, "queue.joined"), step(25, "agent.connected"), step(40, "agent.left")]
    talk = talk_of(MadeCall(spans, steps, []), DIALPLAN)
    assert [(first / SECOND, last / SECOND) for first, last in talk.silences] == [(6, 16), (18, 20), (40, 60)]
    never_left = talk_of(MadeCall(spans, steps[:2], []), DIALPLAN)
    assert [(first / SECOND, last / SECOND) for first, last in never_left.silences] == [(6, 16), (18, 20)]


def test_what_was_read_after_the_call_is_each_partys_and_tells_who_was_silent() -> None:
    words = Word("risk", 31 * SECOND, 32 * SECOND), Word("free", 33 * SECOND, 34 * SECOND)
    read = Transcription(
        "call-1", ANSWERED_AT, ANSWERED_AT, ("made",),
        (
            Utterance(AGENT, 30 * SECOND, 35 * SECOND, "en", "risk free", 0.8, words),
            Utterance(CALLER, 36 * SECOND, 38 * SECOND, "en", "is it", 0.7),
            Utterance(TARGET, 38 * SECOND, 39 * SECOND, "en", "hello", 0.7),
        ),
    )  # fmt: skip
    steps = [step(20, "queue.joined"), step(25, "agent.connected"), step(40, "agent.left")]
    talk = talk_of(MadeCall([span(ENGINE, 0, 5)], steps, []), DIALPLAN, read)
    assert [(said.text, str(said.speaker)) for said in talk.bank] == [("words", "machine"), ("risk free", "agent")]
    assert [said.text for said in talk.caller] == ["is it"], "one to whom it was transferred speaks for nobody here"
    assert manner.part(talk.bank[1], 5 / 9, 1.0) == (33 * SECOND, 34 * SECOND), (
        "as its recognizer says, not by its share"
    )
    silent = [(first / SECOND, last / SECOND) for first, last in talk.silences]
    assert silent == [(5, 20), (25, 30), (35, 36), (39, 60)], "in a queue nobody is to speak"


def spans(found: tuple[tuple[int, int], ...]) -> list[tuple[float, float]]:
    return [(first / SECOND, last / SECOND) for first, last in found]


def test_an_agent_is_there_until_they_leave_and_the_caller_on_hold_until_somebody_is_back() -> None:
    def connected(at: float, name: str) -> CallStep:
        return step(at, "agent.connected", agent=name)

    steps = [
        step(5, "queue.joined"), connected(10, "anna"), step(15, "talk.held"), step(18, "consult.rung"),
        step(25, "talk.resumed"), step(30, "agent.held"), step(31, "agent.resumed"), step(35, "consult.rung"),
        step(35, "talk.passed_on"), step(36, "agent.left", agent="anna"), connected(45, "ben"),
        step(50, "talk.held"), step(55, "agent.left", agent="ben"), step(58, "call.ended"),
    ]  # fmt: skip
    talk = talk_of(MadeCall([], steps, []), DIALPLAN, Transcription("call-1", 0.0, 0.0, (), ()))
    assert spans(talk.holds) == [(15, 25), (30, 31), (35, 45), (50, 55)], "who is passed on waits on behind the agent"
    assert spans(talk.talks) == [(10, 36), (45, 55)]
    assert all(not (15 <= first < 25) for first, _ in spans(talk.silences)), "on hold nobody is silent: music plays"
    unended = talk_of(MadeCall([], steps[:3], []), DIALPLAN)
    assert spans(unended.holds) == [(15, 60)]
    assert spans(unended.talks) == [(10, 60)]
