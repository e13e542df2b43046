"""What a recording's entries tell beside what was said."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.core.call.deeds import Deed, Keys, deeds


def entry(now: float, **event: object) -> dict[str, object]:
    return {"now": now, "orders": [], "event": event}


def key(now: float, digit: str) -> dict[str, object]:
    return entry(now, **{"is": "DigitPressed", "digit": digit, "via": "rfc4733"})


def test_keys_stand_together_with_the_time_of_the_first_and_secrets_are_dots() -> None:
    entries = [
        entry(100.0, **{"is": "CallAnswered"}),
        key(101.0, "1"),
        entry(102.0, **{"is": "PromptEnded"}),
        *(key(103.0 + at, "?") for at in range(4)),
        key(107.0, "#"),
        {"now": 107.5, "orders": [], "timer": True},
        key(108.0, "4"),
        entry(109.0, **{"is": "TranscriptReady"}),
        key(110.0, "2"),
    ]
    assert list(deeds(entries)) == [Keys(1.0, "1"), Keys(3.0, "\u2022\u2022\u2022\u2022#4"), Keys(10.0, "2")]


def test_scores_and_calls_that_nobody_took_are_told() -> None:
    entries: list[Mapping[str, object]] = [
        entry(10.0, **{"is": "CallAnswered"}),
        entry(12.0, **{"is": "VoiceScored", "score": 0.873, "speech_seconds": 3.42}),
        entry(13.0, **{"is": "VoiceUnscored"}),
        entry(14.0, **{"is": "AgentFailed", "code": 486}),
        entry(15.0, **{"is": "TargetFailed", "code": 480}),
        {"span": {"who": "caller"}},
    ]
    assert list(deeds(entries)) == [
        Deed(2.0, "the voice was compared with the enrolled one: score 0.87, from 3.4 s of speech"),
        Deed(3.0, "the voice could not be compared with an enrolled one"),
        Deed(4.0, "the agent did not take the call (SIP 486)"),
        Deed(5.0, "the destination did not take the call (SIP 480)"),
    ]


def test_the_end_of_a_prompt_that_the_first_key_stopped_does_not_part_the_keys() -> None:
    stopped = entry(101.1, **{"is": "PromptEnded", "prompt_id": 1, "end": "interrupted"})
    ended = entry(102.0, **{"is": "PromptEnded", "prompt_id": 2, "end": "completed"})
    answered = entry(100.0, **{"is": "CallAnswered"})
    entries = [answered, key(101.0, "1"), stopped, key(101.2, "2"), ended, key(103.0, "3")]
    assert list(deeds(entries)) == [Keys(1.0, "12"), Keys(3.0, "3")]
