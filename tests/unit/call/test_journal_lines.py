"""What journals of before say of the orders: a replay by the code of today compares line by line."""

import dataclasses
import hashlib

import pytest

from ivr.core.alarms import AlarmKind
from ivr.core.call.journal import order_line
from ivr.core.commands import Command
from ivr.core.identity.level import Level
from ivr.core.orders.evidence import (
    CallOutcome,
    Consent,
    ConsentAnswered,
    DigitsAnswered,
    DisclosureHeard,
    IdentityReached,
    LanguageChosen,
    LookedUp,
    MessageLeft,
    OutcomeReached,
    RaiseAlarm,
    StateEntered,
)
from ivr.core.orders.listening import Grammar, Listen


@dataclasses.dataclass(frozen=True, slots=True)
class Note:
    """As it was when the first recordings were made: a kind in words, and its data."""

    kind: str
    data: dict[str, object] = dataclasses.field(repr=False)


def line_of_before(note: Note) -> str:
    digest = hashlib.sha256(repr(dataclasses.asdict(note)).encode()).hexdigest()[:12]
    return f"{note!r} #{digest}"


HEARD: dict[str, object] = {
    **{"disclosure": "risk", "language": "en", "audio_sha256": "ab", "first_sample": 0, "last_sample": 8000},
    **{"packets_sent": 50, "loss": 0.5, "plays": 1, "acknowledged_by": "key", "answer": "1", "confidence": None},
    "at": 1.5,
}


@pytest.mark.parametrize(
    ("order", "before"),
    [
        (StateEntered("menu"), Note("state", {"name": "menu"})),
        (LanguageChosen("zh"), Note("language", {"language": "zh"})),
        (IdentityReached(Level.STRONG), Note("identity", {"level": "strong"})),
        (ConsentAnswered(Consent.REFUSED, 1.5), Note("consent", {"consent": "refused", "at": 1.5})),
        (DisclosureHeard(**HEARD), Note("disclosure", HEARD)),  # type: ignore[arg-type]
        (MessageLeft("m", 0, 160), Note("voicemail", {"mailbox": "m", "first_sample": 0, "last_sample": 160})),
        (DigitsAnswered(True, "accept"), Note("challenge", {"right": True, "voice": "accept"})),
        (LookedUp("reference", "7"), Note("looked_up", {"name": "reference", "value": "7"})),
        (OutcomeReached(CallOutcome.COMPLETED), Note("outcome", {"outcome": "completed"})),
    ],
)
def test_a_fact_for_the_record_has_the_line_that_it_always_had(order: Command, before: Note) -> None:
    assert order_line(order) == line_of_before(before)


def test_listening_has_the_line_that_it_had_before_sentences_were_compared_and_another_with_examples() -> None:
    grammar = Grammar("en", {"yes": ("yes",)}, exact=True)
    shown, digest = order_line(Listen(1, grammar)).split(" #")
    assert digest == "12ff4067c0ed"
    other = order_line(Listen(1, dataclasses.replace(grammar, like={"yes": ("do it",)})))
    assert other.startswith(shown), "a journal does not say the examples with every question"
    assert not other.endswith(digest)


def test_an_alarm_has_the_line_that_it_always_had() -> None:
    assert order_line(RaiseAlarm(AlarmKind.LOOP, "x")) == "RaiseAlarm(kind='loop', text='x') #c8daa1f2776b"
