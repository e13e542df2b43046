"""What answers come to, which card is for which call, and that a card's every error has its place and its mend."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.review.scorecard import Answer, Question, Scorecard, card_for, score
from ivr.core.review.scorecard_file import MAX_BYTES, load_scorecard
from ivr.errors import OperatorError, ScorecardError

TEXT = """\
name: service
version: "1"
pass_from: 80
queues: [loans]
languages: [en, zh]
questions:
  greeting:
    ask: {en: Did the agent say who they are?, zh: 坐席是否自报身份？}
  risk:
    ask: {en: Did the agent read the risk words?, zh: 坐席是否宣读了风险提示？}
    weight: 3
    critical: true
"""


def card(*questions: Question, pass_from: int = 80, **given: tuple[str, ...]) -> Scorecard:
    return Scorecard("service", "1", "00", pass_from, questions, **given)


def test_a_card_is_read_whole() -> None:
    read = load_scorecard(TEXT, source="card.yaml")
    assert (read.title, read.pass_from, read.queues, read.languages) == ("service@1", 80, ("loans",), ("en", "zh"))
    assert [(one.name, one.weight, one.critical) for one in read.questions] == [
        ("greeting", 1, False), ("risk", 3, True)
    ]  # fmt: skip
    assert read.questions[0].text("zh").startswith("坐席")
    assert read.questions[0].text("fr").startswith("Did")


@pytest.mark.parametrize(
    ("change", "place", "told"),
    [
        (("pass_from", "pas_from"), "3:1", "Did you mean 'pass_from'?"),
        (("pass_from: 80\n", ""), "1:1", "Add pass_from:."),
        (("pass_from: 80", "pass_from: 180"), "3:12", "less than or equal to 100"),
        (('version: "1"', "version: 1"), "2:10", "quotes"),
        (("weight: 3", "weight: 0"), "11:13", "greater than or equal to 1"),
        (("critical: true", "critical: yes"), "12:15", "valid boolean"),
        ((", zh: 坐席是否宣读了风险提示？", ""), "10:5", "Add zh:"),
        ((", zh: 坐席是否自报身份？", ""), "10:51", "leave it out here"),
        (("[loans]", "[loans, loans]"), "4:17", "a second time"),
        (("  risk:", "  greeting:"), "9:3", "a second time"),
        (("  greeting:", "\tgreeting:"), "7:1", "Indent with spaces"),
        (("questions:", "questions：\n#"), "6:10", "full-width"),
        (("name: service", "name: My Card"), "1:7", "must match"),
    ],
)
def test_each_error_says_where_it_is_and_what_to_do(change: tuple[str, str], place: str, told: str) -> None:
    with pytest.raises(ScorecardError) as failed:
        load_scorecard(TEXT.replace(*change, 1), source="card.yaml")
    assert f"card.yaml:{place}: " in str(failed.value), failed.value
    assert told in str(failed.value)


def test_no_text_makes_it_fall_over() -> None:
    for text in ("", "- a", "[" * 5000, "a: &b [*b]", "x" * (MAX_BYTES + 1), "\0", "名" * (MAX_BYTES // 2)):
        with pytest.raises(ScorecardError, match=r"card\.yaml:1:"):
            load_scorecard(text, source="card.yaml")


def test_a_critical_question_fails_the_whole_and_one_that_does_not_apply_counts_neither_way() -> None:
    asked = card(Question("a", {"en": "a"}, 1), Question("b", {"en": "b"}, 3, critical=True))
    yes, no, none = Answer.YES, Answer.NO, Answer.NOT_APPLICABLE
    for answers, percent, passed, failed in [
        ((yes, yes), 100, True, ()), ((no, yes), 75, False, ()), ((yes, no), 0, False, ("b",)),
        ((no, none), 0, False, ()), ((yes, none), 100, True, ()), ((none, none), None, True, ()),
    ]:  # fmt: skip
        found = score(asked, dict(zip("ab", answers, strict=True)))
        assert (found.percent, found.passed, found.failed) == (percent, passed, failed)


def test_every_question_is_answered_and_no_other() -> None:
    with pytest.raises(OperatorError, match="no answer yet: a"):
        score(card(Question("a", {"en": "a"}, 1)), {})
    with pytest.raises(OperatorError, match="no question z"):
        score(card(Question("a", {"en": "a"}, 1)), {"a": Answer.YES, "z": Answer.YES})


QUESTIONS = st.lists(st.tuples(st.integers(1, 100), st.booleans(), st.sampled_from(Answer)), min_size=1, max_size=12)


@given(QUESTIONS, st.integers(0, 100), st.integers(0, 11))
def test_a_better_answer_never_makes_a_worse_score(
    made: list[tuple[int, bool, Answer]], pass_from: int, chosen: int
) -> None:
    asked = card(*(Question(f"q{at}", {"en": "?"}, one[0], one[1]) for at, one in enumerate(made)), pass_from=pass_from)
    answers = {f"q{at}": one[2] for at, one in enumerate(made)}
    before, name = score(asked, answers), f"q{chosen % len(made)}"
    after = score(asked, {**answers, name: Answer.YES})
    assert before.percent is None or (after.percent is not None and after.percent >= before.percent)
    assert after.passed >= before.passed or answers[name] is Answer.NOT_APPLICABLE
    assert not (before.failed and before.passed)


def test_the_card_that_was_made_for_a_call_comes_before_the_one_for_all() -> None:
    one = Question("a", {"en": "a"}, 1)
    for_all, for_zh, for_loans = card(one), card(one, languages=("zh",)), card(one, queues=("loans",))
    cards = [for_all, for_zh, for_loans]
    assert card_for(cards, "loans", "zh") is for_loans
    assert card_for(cards, "cards", "zh") is for_zh
    assert card_for(cards, "", "en") is for_all
    assert card_for([for_zh, for_loans], "", "en") is None
