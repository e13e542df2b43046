"""From a comparison of voices to a verdict. Fails closed: what cannot be judged is UNSURE, which never opens a door."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

LEAST_SPEECH: Final = 2.5
"""Net seconds below which no comparison counts, whatever it says."""


class Verdict(StrEnum):
    """What a voice comparison comes to."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """At least `accept` is accepted, less than `reject` is rejected. Between the two: unsure."""

    accept: float
    reject: float
    scale: Literal["cosine", "llr"] = "cosine"
    """What is held against them: the embedder's cosine, or the calibrated log-likelihood ratio."""

    def __post_init__(self) -> None:
        most = 1.0 if self.scale == "cosine" else math.inf
        if not -most <= self.reject <= self.accept <= most:
            raise ValueError("thresholds: reject <= accept, a cosine from -1 to 1")


@dataclass(frozen=True, slots=True)
class Costs:
    """What a wrong decision costs, and how many callers are who they say: of these the thresholds follow (Bayes).

    Only the costs' proportions matter. Each decision is the one that costs least on average.
    """

    prior: float = 0.9
    """Share of the callers who are the customer that they name."""
    false_accept: float = 10_000.0
    """Of taking somebody else for the customer."""
    false_reject: float = 20.0
    """Of sending the customer away."""
    unsure: float = 1.0
    """Of asking once more, or in another way."""

    def __post_init__(self) -> None:
        if not 0.0 < self.prior < 1.0:
            raise ValueError("prior: between 0 and 1, and neither")
        dear = self.false_accept, self.false_reject
        if not 0.0 < self.unsure < min(dear) or math.isinf(max(dear)):
            raise ValueError("costs: unsure is more than 0, and less than the two others")
        if self.unsure / self.false_accept + self.unsure / self.false_reject > 1.0:
            raise ValueError("costs: unsure is so dear that it never pays; make it less than half of the others")

    def thresholds(self) -> Thresholds:
        """On log-likelihood ratios (natural logarithm)."""
        before = math.log((1.0 - self.prior) / self.prior)
        accept = before + math.log(self.false_accept / self.unsure - 1.0)
        reject = before - math.log(self.false_reject / self.unsure - 1.0)
        return Thresholds(accept, reject, "llr")


AGENTS: Final = Costs(prior=0.999, false_accept=1_000.0, false_reject=2.0)
"""Of whether it is an agent who speaks on their leg, where the settings (`voice.agent_costs`) say nothing else: nearly
always it is, and who looks in vain loses little. It is theirs from a ratio of 0 on, and another's below -6.9."""
CAMPPLUS = "campplus/92f29b94e6948786"
"""The embedder that comes with the engine, with the first digits of its weights' SHA-256."""
EARLIER: Final = (Thresholds(accept=0.70, reject=0.50), Thresholds(accept=0.90, reject=0.75))
"""What decided where a dialplan named nothing, before each fact said by what: CAM++, and before it Resemblyzer."""


def judge(
    score: float | None,
    speech_seconds: float,
    rule: Thresholds | Costs | None,
    *,
    llr: float | None = None,
    house: Thresholds | None = None,
    heard_before: bool = False,
    least_speech: float = LEAST_SPEECH,
) -> Verdict:
    """The verdict on a cosine and its log-likelihood ratio. What is missing, not a number, or too short: UNSURE.

    `rule` is the dialplan's; where it has none, `house` decides, which the fact brings. What was heard before is a
    recording.
    """
    if heard_before:
        return Verdict.REJECT
    limits = house if rule is None else rule.thresholds() if isinstance(rule, Costs) else rule
    if limits is None:
        return Verdict.UNSURE
    value = score if limits.scale == "cosine" else llr
    if value is None or not math.isfinite(value) or speech_seconds < least_speech:
        return Verdict.UNSURE
    if limits.scale == "cosine" and not -1.0 <= value <= 1.0:
        return Verdict.UNSURE
    if value >= limits.accept:
        return Verdict.ACCEPT
    return Verdict.REJECT if value < limits.reject else Verdict.UNSURE
