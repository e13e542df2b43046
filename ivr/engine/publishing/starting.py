"""What an engine that starts will serve: what was published; where nothing ever was, what the settings list, published
first. What was published is parsed by the nursery, once (`ServedPlans`); here only where prompts are damaged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from ivr.core.dialplan.publication import Publication, shown_numbers
from ivr.engine.publishing.config import PublishingPorts
from ivr.engine.publishing.drafts import read_draft, says
from ivr.engine.publishing.live import Act, go_live, published_now
from ivr.engine.publishing.making import spoken_again
from ivr.engine.publishing.prompts import silent
from ivr.engine.publishing.served import ServedPlans
from ivr.errors import DialplanError, IvrError, OperatorError
from ivr.ports.speech import Synthesizer

Say = Callable[[str], None]


class Apart(Protocol):
    """Publishes in a process of its own, since that brings a synthesizer. Raises DialplanError: something is wrong."""

    def publish(self, act: Act) -> None:
        """Publish what the settings list."""
        ...

    def mend(self, act: Act) -> None:
        """Have damaged prompts spoken again (`mend_prompts`), and say of which that cannot be had."""
        ...


def ready_to_serve(ports: PublishingPorts, apart: Apart, actor: str, say: Say) -> Publication:
    """The publication to begin with, with every prompt there that can be. Raises IvrError when there is none."""
    publication = published_now(ports)
    if publication is None:
        publication = publish_listed(ports, apart, Act(actor, "the first start: nothing was published yet"))
        say(f"nothing was published yet, so {actor} has now published what the settings list:")
        for plan in publication.plans:
            say(f"  {plan.id} for {shown_numbers(plan.called)}")
        return publication
    for difference in differences(ports, publication):
        say(f"not live: {difference}. To make the files live: ivr publish")
    if all(map(ports.prompts.holds, publication.prompts.values())):
        return publication
    say("prompts are DAMAGED: speaking them again, from the published texts")
    try:
        apart.mend(Act(actor, "prompts were damaged, and are spoken anew from the published texts"))
    except DialplanError as error:
        say(f"they cannot be spoken now: {error}")
    publication = published_now(ports) or publication
    if all(map(ports.prompts.holds, publication.prompts.values())):
        say("every prompt is whole again; what was spoken anew is published as such")
    return publication


def publish_listed(ports: PublishingPorts, apart: Apart, act: Act) -> Publication:
    """Publish what the settings list; returns what is served then. Raises IvrError."""
    apart.publish(act)
    publication = published_now(ports)
    assert publication is not None
    return publication


def mend_prompts(ports: PublishingPorts, act: Act, voice: Synthesizer) -> list[str]:
    """Publish again, from the published texts, what has missing or damaged prompts; returns what cannot be had so.

    No synthesizer speaks alike twice, bit for bit: what it speaks now is another sound, so it is published as such.
    """
    lost: list[str] = []
    with ports.publications.alone():
        now = published_now(ports)
        if now is None:
            return []
        plans, prompts = list(now.plans), dict(now.prompts)
        for number, plan in enumerate(ServedPlans(now, ports.prompts).plans):
            if not plan.fault:
                continue
            try:
                if voice.name != now.renderer:
                    raise OperatorError(f"{voice.name} speaks now, and {now.renderer} spoke them")
                fresh, plans[number] = spoken_again(ports, plan.published, plan.dialplan, voice, prompts, silent)
            except IvrError as error:
                lost.append(f"{plan.published.id}: {error}")
                continue
            prompts |= fresh
        made = replace(now, at=ports.wall(), actor=act.actor, plans=tuple(plans), prompts=prompts)
        if not made.same_as(now):
            go_live(ports, made, act.reason, {}, damaged=len(lost))
    return lost


def differences(ports: PublishingPorts, publication: Publication) -> Iterator[str]:
    """What of the listed dialplans, as they are written now, is not what is served."""
    listed = {entry.file: entry for entry in ports.listed}
    for file, entry in listed.items():
        plan = publication.plan_of(file)
        if plan is None:
            yield f"{file} is listed and not published"
            continue
        try:
            same = says(ports.drafts, file, plan.texts) or (
                read_draft(ports.drafts, file).dialplan.sha256 == plan.sha256
            )
        except IvrError:
            yield f"{file} is not sound now; {plan.id} is served as it was published"
            continue
        if not same or entry.called != plan.called:
            yield f"{file} differs from {plan.id}, which is served as it was published"
    for plan in publication.plans:
        if plan.file not in listed:
            yield f"{plan.id} is served and no longer listed"
