"""Prompts: rendered before anybody publishes them, and those that are served, one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ivr.core.dialplan.publication import Publication, PublishedPlan, recipe
from ivr.core.dialplan.runtime.pieces import piece_clips
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.orders.playing import Clip
from ivr.engine.office.office import Asked, Desk, does
from ivr.engine.publishing import making
from ivr.engine.publishing.live import published_now
from ivr.engine.publishing.served import parsed
from ivr.errors import OperatorError


@dataclass(frozen=True, slots=True)
class RenderPrompts(Asked):
    """Speak the prompts of what the settings list, so that publishing it takes no time. Nothing goes live."""

    progress: Callable[[int, int], None] = field(default=lambda done, of: None, repr=False)
    """Told of prompts that were spoken: done, of how many, for each dialplan anew."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What lies ready."""

    prompts: int
    """Sounds, each once; pieces of sentences are among them."""
    seconds: float
    """Of speech."""
    renderer: str
    """Model and version of the synthesizer, and how texts are written out for it."""


@dataclass(frozen=True, slots=True)
class ListPrompts(Asked):
    """The prompts that are served."""


@dataclass(frozen=True, slots=True)
class ServedPrompt:
    """One prompt, or piece of a sentence, as it was published."""

    dialplan: str
    """name@version."""
    language: str
    text: str
    """What is said; of a recorded file its name."""
    spoken_by: str
    """Model, version and voice; empty: a recorded file."""
    sha256: str
    """Of its sound, in hex."""
    seconds: float
    piece: bool
    """A piece that sentences with values are put together of."""
    whole: bool
    """Its sound is on the disk as it was published."""


@does("prompts.render")
def render(desk: Desk, asked: RenderPrompts) -> Rendered:
    """All of them; what an earlier run made is not made again. Raises DialplanError, OperatorError, ModelError."""
    if not desk.ports.begun:  # what is published next is judged by the log, which is sealed
        raise OperatorError(
            "this engine has no keys yet: make them (ivr keys init), then render. Or start it (ivr serve): its first "
            "start makes keys and speaks all prompts itself"
        )
    ports = desk.ports.publishing
    with ports.publications.alone(), desk.ports.speaking() as voice:
        now = published_now(ports) if desk.ports.begun else None
        proposal = making.propose(ports, (), now)
        found = dict(now.prompts) if now is not None else {}
        ours: set[str] = set()
        for plan in proposal.plans:
            made, _ = making.spoken_again(ports, plan, proposal.fresh[plan.file], voice, found, asked.progress)
            found |= made
            ours |= made.keys()
        samples = sum(found[name].samples for name in ours)
        return Rendered(len(ours), samples / SAMPLE_RATE, voice.name)


@does("prompts.list")
def list_prompts(desk: Desk, asked: ListPrompts) -> tuple[ServedPrompt, ...]:
    """Each of every dialplan, its sound read again; none where nothing was published. Raises SealError."""
    publication = published_now(desk.ports.publishing) if desk.ports.begun else None
    if publication is None:
        return ()
    return tuple(one for plan in publication.plans for one in _of_plan(desk, publication, plan))


def _of_plan(desk: Desk, publication: Publication, plan: PublishedPlan) -> list[ServedPrompt]:
    dialplan = parsed(plan)
    clips = dict.fromkeys(dialplan.static_clips(), False) | dict.fromkeys(piece_clips(dialplan), True)
    found = (_served(desk, publication, plan, clip, piece=piece) for clip, piece in clips.items() if not clip.tone)
    return [one for one in found if one is not None]


def _served(
    desk: Desk, publication: Publication, plan: PublishedPlan, clip: Clip, *, piece: bool
) -> ServedPrompt | None:
    rendering = publication.prompts.get(recipe(clip, publication.renderer, plan.sounds))
    if rendering is None:
        return None  # pieces are spoken by a slow voice only
    return ServedPrompt(
        plan.id,
        clip.language,
        clip.shown,
        rendering.voice or clip.spoken_by(publication.renderer),
        rendering.sha256,
        rendering.samples / SAMPLE_RATE,
        piece,
        desk.ports.publishing.prompts.holds(rendering),
    )
