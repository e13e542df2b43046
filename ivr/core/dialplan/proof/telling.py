"""Stories of the proof for people: each once, with the lines of its states and of the way that must lead elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.breach import RECORDED
from ivr.core.dialplan.proof.stories import Counterexample
from ivr.core.dialplan.states import DiscloseForState, DiscloseState, LookupState, State, VoiceState


def tell(dialplan: Dialplan, found: Iterable[Counterexample]) -> str:
    """The stories. Targets of one and the same story, such as a state and its lookup, are told together."""
    same: dict[tuple[object, ...], list[Counterexample]] = {}
    for story in found:
        same.setdefault((story.lacking, story.language, story.stays, story.reached), []).append(story)
    return "\n".join("\n".join(_told(dialplan, stories)) for stories in same.values())


def unproved(dialplan: Dialplan, found: Iterable[Counterexample]) -> list[Finding]:
    """Every broken rule as a finding, where the way is written that gets past it."""
    findings: dict[Finding, None] = {}
    for story in found:
        last = story.stays[-1].state if story.stays else story.reached
        place = dialplan.places.get((last, story.reached)) or dialplan.places.get((last,)) or f"{dialplan.source}:1"
        file, _, line = place.rpartition(":")
        text = f"'{story.target}' can be reached without {story.lacking}: '{last}' leads to '{story.reached}'."
        findings[Finding(file, int(line), 1, "P001", text, f"ivr prove {dialplan.source} tells the whole way.")] = None
    return sorted(findings)


def _told(dialplan: Dialplan, stories: list[Counterexample]) -> Iterator[str]:
    story = stories[0]
    targets = " and ".join(f"'{item.target}'" for item in stories)
    yield f"{targets} can be reached without {story.lacking} (in {story.language}):"
    for number, stay in enumerate(story.stays, 1):
        counted = [(act, len(list(same))) for act, same in groupby(map(str, stay.acts))]
        what = "; ".join(act if count == 1 else f"{act} ({count} times)" for act, count in counted) or "at once"
        yield f"  {number}. {_at(dialplan, stay.state)}in '{stay.state}': {what}"
    reached = story.reached
    yield f"  {len(story.stays) + 1}. {_at(dialplan, reached)}'{reached}' is entered: {story.lacking} is missing"
    if any(len(stay.acts) > 1 for stay in story.stays):
        yield "  (limits of attempts are told as one or two)"
    if story.stays:
        yield f"  {_remedy(dialplan, story)}"


def _at(dialplan: Dialplan, *names: str) -> str:
    place = dialplan.places.get(names) or dialplan.places.get(names[:1])
    return f"{place}: " if place is not None else ""


def _remedy(dialplan: Dialplan, story: Counterexample) -> str:
    """Where the way is written that gets past, and what it should lead through."""
    last = story.stays[-1].state
    first = f"Here the way leads past it: {_at(dialplan, last, story.reached)}'{last}' leads to '{story.reached}'."
    through = [name for name, state in dialplan.states.items() if _provides(state, story)]
    if len(through) == 1:
        does = "reaches" if story.lacking.startswith("identity ") else "plays"
        return f"{first} Lead it to '{through[0]}' first, which {does} {story.lacking}."
    if through:
        return f"{first} Lead it through one of these first: {', '.join(through)}."
    return first


def _provides(state: State, story: Counterexample) -> bool:
    """Whether a state gives what the story lacks."""
    if isinstance(state, DiscloseState):
        return state.disclosure == story.lacking.split(" when ", 1)[0]
    if isinstance(state, DiscloseForState):
        return state.target == story.target and not story.lacking.startswith(("identity ", str(RECORDED)))
    if isinstance(state, VoiceState | LookupState):
        return state.identify is not None and story.lacking == f"identity {state.identify}"
    return False
