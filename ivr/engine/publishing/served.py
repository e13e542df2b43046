"""What is served: a publication in memory, every dialplan parsed and every prompt checked. Files mean nothing to it.

A dialplan whose prompts are damaged is not served, and its numbers are not answered by another one; the others go on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ivr.core.compliance.spoken import read_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.offers import Offers, check_offered
from ivr.core.dialplan.publication import DEFAULT, Publication, PublishedPlan
from ivr.core.dialplan.runtime.pieces import piece_clips
from ivr.core.sip.called import same_line
from ivr.engine.publishing.prompts import PublishedPrompts
from ivr.errors import EnvironmentFault, PeerError, SealError
from ivr.ports.prompts import PromptStore


@dataclass(frozen=True, slots=True)
class ServedPlan:
    """A dialplan that answers calls, or why it does not."""

    published: PublishedPlan
    dialplan: Dialplan
    prompts: PublishedPrompts | None
    fault: str = ""

    @property
    def numbers(self) -> tuple[str, ...]:
        """Those that it answers; none: all that no other names."""
        return () if self.published.called == (DEFAULT,) else self.published.called


class ServedPlans:
    """Called number -> dialplan; dialplan -> its prompts."""

    def __init__(self, publication: Publication, store: PromptStore, country: str = "") -> None:
        """Parse and read all of it. Raises SealError for a text that is not what was published.

        `country`: whose numbering plan dialled numbers are read by; "": as they are written.
        """
        self._country = country
        self.publication = publication
        self.plans = tuple(_served(plan, publication, store) for plan in publication.plans)

    def serving(self, called: str) -> Dialplan:
        """The dialplan for a dialled number. Raises PeerError: there is none; EnvironmentFault: it is damaged."""
        named = (plan for plan in self.plans if any(same_line(called, one, self._country) for one in plan.numbers))
        plan = next(named, None) or next((plan for plan in self.plans if not plan.numbers), None)
        if plan is None:
            raise PeerError("a number was dialled that no dialplan serves")
        if plan.prompts is None:
            raise EnvironmentFault(f"{plan.published.id} is not served: {plan.fault}")
        return plan.dialplan

    def prompts_for(self, dialplan: Dialplan) -> PublishedPrompts:
        """Its prompts. Raises EnvironmentFault for one that is not served."""
        for plan in self.plans:
            if plan.dialplan is dialplan and plan.prompts is not None:
                return plan.prompts
        raise EnvironmentFault(f"{dialplan.id} is not served")

    def check_offered(self, offers: Offers) -> None:
        """The settings have what each dialplan asks for. Raises OperatorError."""
        for plan in self.plans:
            check_offered(plan.dialplan, offers)

    @property
    def faults(self) -> tuple[str, ...]:
        """Why dialplans are not served."""
        return tuple(f"{plan.published.id}: {plan.fault}" for plan in self.plans if plan.fault)


def parsed(plan: PublishedPlan) -> Dialplan:
    """The dialplan of its published text. Raises SealError when that is another text."""
    dialplan = read_dialplan(plan.texts[plan.main], source=plan.file, read_include=plan.texts.__getitem__)
    if dialplan.sha256 != plan.sha256:
        raise SealError(f"{plan.id} was published with another text than its publication holds")
    return replace(dialplan, certificate=plan.certificate, published=plan.warnings)


def _served(plan: PublishedPlan, publication: Publication, store: PromptStore) -> ServedPlan:
    dialplan = parsed(plan)
    clips = dialplan.static_clips()
    try:
        prompts = PublishedPrompts(
            clips,
            publication.prompts,
            store,
            renderer=publication.renderer,
            sounds=plan.sounds,
            pieces=piece_clips(dialplan),
        )
    except EnvironmentFault as error:
        return ServedPlan(plan, dialplan, None, str(error))
    return ServedPlan(plan, dialplan, prompts)
