"""A replay judges a voice as it was judged in the call, whatever decides today."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.core.call.journal import to_json
from ivr.core.call.replay import read_entry
from ivr.core.identity.verifier import EARLIER, Costs, Thresholds, Verdict, judge
from ivr.core.orders.voice import VoiceScored

SCORED = VoiceScored(7, 0.8, 4.0, 8.5, Costs().thresholds())


def entry(event: VoiceScored, *, without: tuple[str, ...] = ()) -> dict[str, object]:
    return {"now": 1.0, "orders": [], "event": {k: v for k, v in to_json(event).items() if k not in without}}


def test_a_fact_of_today_keeps_what_it_was_judged_by() -> None:
    for house in (Costs().thresholds(), Thresholds(3.0, -1.0, "llr"), None):
        _, again, _ = read_entry(entry(replace(SCORED, house=house)), EARLIER[1])
        assert again == replace(SCORED, house=house)


@pytest.mark.parametrize(
    ("era", "score", "verdict"),
    [
        (0, 0.72, Verdict.ACCEPT),
        (0, 0.60, Verdict.UNSURE),
        (1, 0.72, Verdict.REJECT),
        (1, 0.92, Verdict.ACCEPT),
    ],
)
def test_a_fact_from_before_is_judged_by_the_cosines_of_its_time(era: int, score: float, verdict: Verdict) -> None:
    old = entry(replace(SCORED, score=score), without=("llr", "house", "heard_before"))
    _, again, _ = read_entry(old, EARLIER[era])
    assert isinstance(again, VoiceScored)
    assert judge(again.score, again.speech_seconds, None, llr=again.llr, house=again.house) is verdict
