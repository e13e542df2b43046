"""A state that verifies the caller's voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivr.core.dialplan.meaning import Counted, Leads, OwnName, StateName, ValueName, Word
from ivr.core.dialplan.parts import Prompt, Route
from ivr.core.dialplan.states.role import Role
from ivr.core.identity.challenge import LEAST
from ivr.core.identity.verifier import LEAST_SPEECH, Costs, Thresholds, Verdict, judge
from ivr.core.orders.voice import VoiceScored


@dataclass(frozen=True, slots=True)
class VoiceState:
    """Verifies the caller's voice against an enrolled one."""

    name: OwnName
    identify: Word
    """The factor that it proves; where there is no policy, the level."""
    ask: Prompt | None
    """None: nobody is asked to speak; what the caller has said in the call so far is scored."""
    customer: ValueName
    """Value that holds the customer's reference."""
    thresholds: Thresholds | None
    """Cosines that decide; None: none."""
    min_speech: float
    """Seconds of net speech to gather."""
    max_wait: float
    """Seconds after which what there is must do."""
    attempts: Annotated[int, Counted(most=2)]
    retry: Prompt | None
    go: Annotated[Route, Leads("voice accepted", silent=False)]
    unscored: Annotated[StateName, Leads("voice not scored")]
    """Not enrolled, or no score could be made."""
    otherwise: Annotated[StateName, Leads("voice rejected")]
    served: bool = False
    challenge: Annotated[int, Counted(most=LEAST)] = 0
    """How many digits are drawn for the caller to say; 0: any sentence is scored, whatever its words."""
    costs: Costs | None = None
    """What decides by likelihoods; where neither is named, the settings do."""
    role: ClassVar[Role] = Role.PLAIN

    @property
    def rule(self) -> Thresholds | Costs | None:
        """What the dialplan says that decides."""
        return self.thresholds or self.costs

    @property
    def least_speech(self) -> float:
        """Net seconds below which no score counts."""
        return min(LEAST_SPEECH, self.min_speech)

    def judged(self, scored: VoiceScored) -> Verdict:
        """What a comparison comes to here."""
        return judge(
            scored.score,
            scored.speech_seconds,
            self.rule,
            llr=scored.llr,
            house=scored.house,
            heard_before=scored.heard_before,
            least_speech=self.least_speech,
        )

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        how = "what was said" if self.ask is None else "voice and digits" if self.challenge else "voice"
        return f"identity {self.identify} by {how}"
