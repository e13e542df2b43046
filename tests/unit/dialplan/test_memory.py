"""The proof takes two moments for the same when all that decides is the same: every step says what does."""

import pytest

from ivr.core.dialplan.runtime.memory import Deadline, Given, HowMany, Unjudged, Whether, deciding
from ivr.core.dialplan.runtime.step import PlainStep
from ivr.core.dialplan.runtime.steps import step_for
from ivr.errors import BugError

assert callable(step_for), "every kind of step is imported with it"
STEPS = [kind for kind in PlainStep.__subclasses__() if kind.__module__.startswith("ivr.")]


class Remembers(PlainStep):
    __slots__ = ("_answer", "_count", "_maybe_at", "_notes", "_offered", "_state", "_until")
    _answer: Whether[dict[str, str] | None]
    _count: int
    _maybe_at: Deadline | None
    _notes: Unjudged[list[str]]
    _offered: HowMany[tuple[str, ...]]
    _state: Given[str]
    _until: Deadline

    def __init__(self, **told: object) -> None:
        usual: dict[str, object] = {
            "_answer": None,
            "_count": 0,
            "_maybe_at": None,
            "_notes": [],
            "_offered": (),
            "_state": "s",
        }
        for name, value in {**usual, "_until": 10.0, **told}.items():
            setattr(self, name, value)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_every_slot_of_every_step_says_what_of_it_decides(step: type) -> None:
    deciding(step)
    assert set(step.__slots__) == {name for name in step.__annotations__ if name in step.__slots__}  # type: ignore[attr-defined]


def test_a_slot_that_does_not_say_it_is_refused() -> None:
    class Forgetful(PlainStep):
        __slots__ = ("_until",)
        _until: float  # a time of day, a length, a deadline?

    with pytest.raises(BugError, match="_until: say in its type"):
        deciding(Forgetful)


def test_a_deadline_is_the_time_that_is_left_whatever_it_is_called() -> None:
    assert Remembers(_until=12.0).signature(2.0) == Remembers(_until=40.0).signature(30.0)
    assert Remembers(_until=12.0).signature(2.0) != Remembers(_until=12.0).signature(3.0)
    assert Remembers(_until=1.0).signature(2.0) == Remembers(_until=1.0).signature(30.0)  # past is past
    assert Remembers(_maybe_at=None).signature(0.0) != Remembers(_maybe_at=0.0).signature(0.0)


def test_of_an_answer_it_counts_that_there_is_one_and_of_offers_how_many() -> None:
    assert Remembers(_answer={"a": "b"}).signature(0.0) == Remembers(_answer={"c": "d"}).signature(0.0)
    assert Remembers(_answer={}).signature(0.0) != Remembers(_answer=None).signature(0.0)
    assert Remembers(_offered=("a",)).signature(0.0) == Remembers(_offered=("b",)).signature(0.0)
    assert Remembers(_offered=("a",)).signature(0.0) != Remembers(_offered=("a", "b")).signature(0.0)


def test_what_is_kept_for_the_record_decides_nothing_and_a_count_does() -> None:
    assert Remembers(_notes=["a"], _state="x").signature(0.0) == Remembers().signature(0.0)
    assert Remembers(_count=1).signature(0.0) != Remembers().signature(0.0)
