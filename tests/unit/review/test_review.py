"""Who may judge, see and decide; and which answers of two persons are compared."""

from __future__ import annotations

from dataclasses import replace

from ivr.core.review.review import (
    AppealOutcome,
    Decided,
    Pair,
    Review,
    Said,
    is_closed,
    may_decide,
    may_judge,
    pairs_of,
    seen_by,
)
from ivr.core.review.scorecard import Answer, Score

SAID = Said("user:alice", 20.0, "not so")
ANNA = Review(
    "r1", "c", 1.0, "user:anna", 10.0, "service@1", "ab", "alice", ("sample",), (("greeting", Answer.YES),),
    Score(100, True),
)  # fmt: skip
BEN = replace(ANNA, review_id="r2", by="user:ben", answers=(("greeting", Answer.NO),))


def test_who_may_still_judge_a_call_does_not_see_what_another_said() -> None:
    assert may_judge((), "user:anna")
    assert seen_by((ANNA,), "user:ben") == ()
    assert seen_by((ANNA,), "user:anna") == (ANNA,)
    assert seen_by((ANNA, BEN), "user:ben") == (ANNA, BEN)
    assert seen_by((ANNA, BEN), "user:carl") == (ANNA, BEN), "two have judged it: nobody else does"


def test_nobody_judges_twice_nor_what_was_judged_by_two_nor_what_is_appealed_against() -> None:
    assert not may_judge((ANNA,), "user:anna")
    assert not may_judge((ANNA, BEN), "user:carl")
    assert is_closed((replace(ANNA, appeal=SAID),))
    assert not may_judge((replace(ANNA, appeal=SAID),), "user:ben")


def test_who_judged_the_call_or_took_it_decides_no_appeal() -> None:
    assert [may_decide((ANNA, BEN), f"user:{name}", {"user:alice"}) for name in ("anna", "ben", "alice", "carl")] == [
        False, False, False, True
    ]  # fmt: skip


def test_answers_are_compared_where_two_persons_judged_the_same_by_the_same() -> None:
    assert pairs_of([(BEN, ANNA)]) == [Pair(("user:anna", "user:ben"), "service@1", "greeting", ("yes", "no"))]
    void = replace(BEN, decided=Decided(AppealOutcome.VOID, SAID))
    for other in (replace(BEN, card_sha256="cd"), replace(BEN, agent="bob"), void):
        assert pairs_of([(ANNA, other)]) == []
    assert pairs_of([(ANNA,), ()]) == []
