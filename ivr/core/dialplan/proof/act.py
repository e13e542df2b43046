"""What can happen to a call at one moment, in words: an act names its order by role, not by id.

So a found story can be told ('the prompt ends (full)'), and played again on a real call (`enacted`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ActKind(StrEnum):
    """What kind of thing happens."""

    SPENT = "spent"
    BACK = "back"
    AHEAD = "ahead"
    SAID_AHEAD = "said ahead"
    TIME = "time"
    PROMPT = "prompt"
    STALE_PROMPT = "stale prompt"
    LATE_LOSS = "late loss"
    LATE_REPORT = "late report"
    KEY = "key"
    SPEECH = "speech"
    SILENCE = "silence"
    SAID = "said"
    WORDS = "words"
    MUMBLE = "mumble"
    DEAF = "deaf"
    ANSWER = "answer"
    NO_ANSWER = "no answer"
    VOICE = "voice"
    NO_VOICE = "no voice"
    DRAW = "draw"
    OFFER = "offer"
    AGENT = "agent"
    AGENT_FAILS = "agent fails"
    AGENT_ENDS = "agent ends"
    HAND_OVER = "hand over"
    STAYED = "stayed"
    ASSIST = "assist"
    AGENT_READS = "agent reads"
    READ = "read"
    CONFIRM = "confirm"
    BACK_IN_QUEUE = "back in queue"
    QUEUE_FAILS = "queue fails"
    OVERFLOW = "overflow"
    TARGET = "target"
    TARGET_FAILS = "target fails"
    TARGET_ENDS = "target ends"
    STALE_TARGET = "stale target"
    KEPT = "kept"
    NOT_KEPT = "not kept"
    STALE_KEPT = "stale kept"
    GONE = "gone"
    HOLD = "hold"
    RESUME = "resume"


EARLIER = frozenset({ActKind.AHEAD, ActKind.SAID_AHEAD, ActKind.SPENT, ActKind.BACK, ActKind.STAYED, ActKind.READ})
"""Acts that happened before the state was entered."""
_WORDS: Mapping[ActKind, str] = {
    ActKind.SPENT: "all attempts were used before",
    ActKind.BACK: "which leads back to a question asked earlier in the call",
    ActKind.AHEAD: "{detail} was typed ahead",
    ActKind.SAID_AHEAD: "'{detail}' was said ahead{surely}",
    ActKind.TIME: "time passes",
    ActKind.PROMPT: "the prompt ends ({detail})",
    ActKind.STALE_PROMPT: "the end of an earlier prompt is reported late",
    ActKind.LATE_LOSS: "the far end reports late that it lost much of the warning",
    ActKind.LATE_REPORT: "the far end reports late that it lost nothing",
    ActKind.KEY: "the caller presses {detail}",
    ActKind.SPEECH: "the caller begins to speak",
    ActKind.SILENCE: "the caller stops speaking",
    ActKind.SAID: "the caller says {detail}{surely}",
    ActKind.WORDS: "the caller says '{detail}'{surely}",
    ActKind.MUMBLE: "the caller says something else",
    ActKind.DEAF: "speech recognition fails",
    ActKind.ANSWER: "the data source answers {detail}",
    ActKind.NO_ANSWER: "the data source fails",
    ActKind.VOICE: "the voice is {detail}",
    ActKind.NO_VOICE: "the voice cannot be scored",
    ActKind.DRAW: "{detail} digits are drawn",
    ActKind.OFFER: "an agent's phone rings",
    ActKind.AGENT: "the agent answers",
    ActKind.AGENT_FAILS: "the agent's phone fails",
    ActKind.AGENT_ENDS: "the agent hangs up",
    ActKind.HAND_OVER: "the agent hands the caller over to {detail}",
    ActKind.STAYED: "the agent had stayed on the line",
    ActKind.ASSIST: "the agent lets the line take over at {detail}",
    ActKind.AGENT_READS: "the agent says what is recognized as {detail}",
    ActKind.READ: "the agent had read the warning to the caller",
    ActKind.CONFIRM: "the agent confirms who the caller is",
    ActKind.BACK_IN_QUEUE: "a colleague to whom the agent passed the caller does not answer",
    ActKind.QUEUE_FAILS: "no agent will come",
    ActKind.OVERFLOW: "the queue sends them on by {detail}",
    ActKind.TARGET: "the target of the transfer answers",
    ActKind.TARGET_FAILS: "the target of the transfer {detail}",
    ActKind.TARGET_ENDS: "the target of the transfer hangs up",
    ActKind.STALE_TARGET: "the target of an earlier transfer answers late",
    ActKind.KEPT: "the callback request is kept",
    ActKind.NOT_KEPT: "the callback request cannot be kept",
    ActKind.STALE_KEPT: "an earlier callback request is reported kept late",
    ActKind.GONE: "the caller hangs up",
    ActKind.HOLD: "the caller holds the line",
    ActKind.RESUME: "the caller is back",
}


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happens."""

    kind: ActKind
    detail: str = ""
    confidence: float = 1.0

    def __str__(self) -> str:
        return _WORDS[self.kind].format(detail=self.detail, surely=_surely(self.confidence))


def _surely(confidence: float) -> str:
    return "" if confidence >= 1 else " (unsurely)" if confidence >= 0.1 else " (hardly understood)"
