"""Which publication is live: the audit log decides, and a pointer follows it (ADR 27).

All or none: until the pointer is replaced everything that was served goes on, and after it nothing of before is served
to a new call. An act that was broken off between the log's entry and the pointer is finished when somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ivr.core.audit.entry import AuditEntry
from ivr.core.dialplan.publication import Publication, PublishedPlan
from ivr.engine.publishing.config import PublishingPorts
from ivr.engine.publishing.history import PUBLISHED
from ivr.engine.publishing.served import ServedPlans
from ivr.errors import EnvironmentFault, IvrError, SealError

REFUSED = "dialplan.refused"
REASON_CHARACTERS = 500
"""Of the findings that refused a dialplan; the log is kept for ever."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who publishes, and why."""

    actor: str
    reason: str = ""


def published_now(ports: PublishingPorts) -> Publication | None:
    """What is served by the word of the audit log; None when nothing was ever published. Finishes what was broken off.

    Raises SealError when the pointer, the publication or the log was altered, or one of them set back.
    """
    ports.log.publish()
    named = ports.publications.current(ports.signer.verifier)
    entered = list(_entered(ports.log.since(named.at, actions=(PUBLISHED,)))) if named is not None else []
    if named is None or named.id not in entered:  # it may stand elsewhere: a clock was set
        entered = list(_entered(ports.log.entries(actions=(PUBLISHED,))))
    if not entered or (named is not None and named.id not in entered):
        if named is not None:
            raise SealError(
                "the audit log knows nothing of the publication that is to be served: the log was set back. "
                "Restore it from its newest backup; if there is none, remove published/current in data_dir and publish "
                "again"
            )
        return None
    if named is not None and entered[-1] == named.id:
        return named
    publication = ports.publications.load(entered[-1])
    ports.publications.point_to(publication, ports.signer)
    return publication


def go_live(
    ports: PublishingPorts, made: Publication, reason: str, details: Mapping[str, object], *, damaged: int = 0
) -> None:
    """Keep it, read it as a cell will, enter it, and point to it: in this order. Raises IvrError.

    `details` go into each dialplan's entry; `damaged`: dialplans of it that are known to be unfit, and stay unserved.
    """
    ports.publications.keep(made)
    unfit = ServedPlans(ports.publications.load(made.id), ports.prompts).faults
    if len(unfit) > damaged:
        raise EnvironmentFault("what was written does not read back, so nothing changed: " + "; ".join(unfit))
    for plan in made.plans:
        texts = {plan.main: plan.texts[plan.main], **plan.texts}
        ports.versions.keep(plan.id, plan.sha256, texts, plan.sounds, now=made.at)
    ports.log.append([_entry(made, plan, reason, details) for plan in made.plans])
    ports.publications.point_to(made, ports.signer)


def enter_refused(ports: PublishingPorts, act: Act, error: IvrError, details: dict[str, object]) -> None:
    """Something was to be published and was not sound, or not approved: nothing changed."""
    short = str(error)[:REASON_CHARACTERS]
    ports.log.append([AuditEntry(ports.wall(), act.actor, REFUSED, "dialplans", "denied", short, details)])


def tidy_up(ports: PublishingPorts) -> None:
    """Audio that no publication names: of acts that were refused or broken off. Running cells have theirs in memory."""
    with suppress(IvrError):  # where one cannot be read nobody knows what it needs: all is kept
        named = {one.sha256 for kept in ports.publications.all() for one in kept.prompts.values()}
        ports.prompts.sweep(named)


def _entered(found: Iterable[tuple[int, AuditEntry]]) -> Iterator[str]:
    """Ids of publications, in the log's order."""
    for _, entry in found:
        if isinstance(id := entry.details.get("publication"), str):
            yield id


def _entry(publication: Publication, plan: PublishedPlan, reason: str, details: Mapping[str, object]) -> AuditEntry:
    """A dialplan is served from now on.

    `publication` is the SHA-256 of the whole, which names the hash of every prompt; here are those of warnings.
    """
    return AuditEntry(
        publication.at,
        publication.actor,
        PUBLISHED,
        plan.id,
        reason=reason,
        details={
            "sha256": plan.sha256,
            "file": plan.main,
            "called": list(plan.called),
            "certificate": plan.certificate,
            "proved": list(plan.rules),
            "publication": publication.id,
            "warnings": {name: dict(languages) for name, languages in plan.warnings.items()},
            **details,
        },
    )
