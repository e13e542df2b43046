"""Which dialplans are served: published, rolled back, shown. Nothing of it reads or speaks what is not published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ivr.core.audit.approval import PUBLISHING_APPROVED
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import PUBLISH
from ivr.core.dialplan.publication import Publication, PublishedPlan, what_is_served
from ivr.engine.office.drafts import DraftedTexts, WrittenDraft, written
from ivr.engine.office.office import Asked, Desk, does
from ivr.engine.office.ports import OfficePorts
from ivr.engine.office.two_persons import ONE_MAY, approved, approving, enter_rules, rules_in_force
from ivr.engine.publishing import making
from ivr.engine.publishing.config import PublishingPorts
from ivr.engine.publishing.drafts import refuse_set_back
from ivr.engine.publishing.history import PUBLISHED, PastPublication, history, since
from ivr.engine.publishing.live import Act, enter_refused, go_live, published_now
from ivr.errors import DeniedError, OperatorError
from ivr.ports.versions import KeptVersion

PREFIX_LEAST = 4
"""Digits that name a publication."""


@dataclass(frozen=True, slots=True)
class Publish(Asked):
    """Make dialplans live."""

    files: tuple[str, ...] = ()
    """Only these of those that the settings list, the others stay as they are; none: all that they list, no more."""
    draft: str = ""
    """Id of a draft: this one in the place of its file, and nothing else."""
    progress: Callable[[int, int], None] = field(default=lambda done, of: None, repr=False)
    """Told of prompts that were spoken: done, of how many."""


@dataclass(frozen=True, slots=True)
class RollBack(Asked):
    """Serve an earlier publication again."""

    publication: str = ""
    """Its id, or that's first digits; none: the one before what is live."""


@dataclass(frozen=True, slots=True)
class ApprovePublishing(Asked):
    """Let another person publish, or roll back, just this once, within a day, where two persons are needed for it."""

    publisher: str
    files: tuple[str, ...] = ()
    """As `Publish.files`."""
    draft: str = ""
    """As `Publish.draft`."""
    back_to: str | None = None
    """As `RollBack.publication`; None: it is to be published, not rolled back."""


@dataclass(frozen=True, slots=True)
class ShowDialplans(Asked):
    """What is live, or was."""


@dataclass(frozen=True, slots=True)
class Published:
    """What is served to new calls."""

    publication: Publication
    new: bool
    """It is another than before."""


@dataclass(frozen=True, slots=True)
class PublishingApproved:
    """Who may publish what."""

    publisher: str
    dialplans: tuple[str, ...]
    """name@version of each."""


@dataclass(frozen=True, slots=True)
class LiveDialplan:
    """A dialplan that answers calls."""

    id: str
    """name@version."""
    sha256: str
    called: tuple[str, ...]
    """As `PublishedPlan.called`."""
    since: float
    """Since when this version is served unbroken: seconds since the epoch."""
    by: str
    """Who published it then."""
    approved_by: str
    """As `Past.approved_by`."""
    file: str
    """Which listed file it was read from, or in whose place a draft was published."""


@dataclass(frozen=True, slots=True)
class LiveNow:
    """What is served to new calls."""

    publication: str
    """Its id; empty: nothing was ever published."""
    dialplans: tuple[LiveDialplan, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """A publication, as the log has it."""

    id: str
    at: float
    """Seconds since the epoch."""
    by: str
    reason: str
    approved_by: str
    """Who else; empty: nobody, for one person may or the engine did it by itself."""
    dialplans: tuple[str, ...]
    """name@version of each."""
    live: bool


@does("dialplans.publish")
def publish(desk: Desk, asked: Publish) -> Published:
    """All or none; each dialplan is entered, and what is refused too. Raises DialplanError, OperatorError and more."""
    _must_have_begun(desk.ports)
    act = Act(desk.actor.name, desk.reason)
    ports, files, draft = _source(desk, asked)
    how = f"ivr publications approve --draft {draft.kept.id}" if draft is not None else "ivr publications approve"

    def approval(digest: str, dialplan: str) -> Mapping[str, object]:
        if draft is None:
            return _approval(desk, digest, dialplan, how)
        _refuse_author(desk, draft)
        wrote = {"draft": draft.kept.id, "authors": list(draft.authors)}
        return {**_approval(desk, digest, dialplan, how), **wrote}

    done = making.publish(ports, act, files, approval=approval, speaking=desk.ports.speaking, progress=asked.progress)
    if draft is not None:  # whoever is broken off here finds it as a draft of what is live
        desk.ports.kept_drafts.drop(draft.kept.id)
    return Published(*done)


@does("dialplans.roll_back")
def roll_back(desk: Desk, asked: RollBack) -> Published:
    """Publish again what was published before, with its sounds. Raises DeniedError, OperatorError, SealError.

    It is a publication as any other: what the settings have now must be enough for it, and each dialplan is entered.
    """
    ports, act = desk.ports.publishing, Act(desk.actor.name, desk.reason)
    with ports.publications.alone():
        earlier, now = _earlier(desk, asked.publication), published_now(ports)
        if now is not None and earlier.same_as(now):
            return Published(now, new=False)
        how = f"ivr publications approve --back-to {earlier.id[:12]}"
        try:
            approval = _approval(desk, what_is_served(earlier.plans), earlier.plans[0].id, how)
            made = making.rolled_back(ports, act, earlier)
        except (DeniedError, OperatorError) as error:
            enter_refused(ports, act, error, {"publication": earlier.id})
            raise
        go_live(ports, made, act.reason, {**approval, "rolled_back_to": earlier.id})
    return Published(made, new=True)


@does("dialplans.approve")
def approve(desk: Desk, asked: ApprovePublishing) -> PublishingApproved:
    """Approve what another person is to publish, as it is now: changed by a letter it is not what was approved.

    Raises DeniedError for one's own, and whatever publishing it would raise.
    """
    publisher = desk.ports.people.named(asked.publisher)
    _must_have_begun(desk.ports)
    plans = _proposed(desk, asked)
    names = tuple(plan.id for plan in plans)
    with desk.entering(plans[0].id, proposal=what_is_served(plans), dialplans=list(names), **{"for": publisher}):
        approving(desk, publisher, "what they publish themselves")
    return PublishingApproved(publisher, names)


@does("dialplans.live")
def live(desk: Desk, asked: ShowDialplans) -> LiveNow:
    """What is live by the word of the audit log, since when and by whom. Raises SealError."""
    return live_now(desk)


def live_now(desk: Desk) -> LiveNow:
    """The same, for an act that was allowed."""
    if not desk.ports.begun or not (past := history(desk.ports.log)):
        return LiveNow("", ())
    began = since(past)
    publication = desk.ports.publishing.publications.load(past[-1].id)
    found = ((plan, began[plan.id, plan.sha256]) for plan in publication.plans)
    return LiveNow(publication.id, tuple(_live(plan, entry) for plan, entry in found))


@does("dialplans.publications")
def publications(desk: Desk, asked: ShowDialplans) -> list[Past]:
    """Every publication that there was, the newest first. Raises SealError."""
    past = history(desk.ports.log) if desk.ports.begun else []
    return [_past(one, live=one is past[-1]) for one in reversed(past)]


@does("dialplans.versions")
def versions(desk: Desk, asked: ShowDialplans) -> Sequence[KeptVersion]:
    """Every version of a dialplan that was ever served, the newest first."""
    return desk.ports.versions.all()


def publish_listed(ports: OfficePorts, act: Act, progress: Callable[[int, int], None]) -> tuple[Publication, bool]:
    """What the engine publishes by itself: at its first start, and when it is told by SIGHUP.

    Raises DeniedError where two persons are needed: a signal brings nobody's approval.
    """

    def approval(digest: str, dialplan: str) -> Mapping[str, object]:
        rules = enter_rules(ports.log, ports.roles, ports.demanded, actor=act.actor, now=ports.publishing.wall())
        if PUBLISH in rules.two_persons:
            raise DeniedError(
                "another person must approve what is published, which nobody can do for an engine: ivr publish"
            )
        return {}

    refuse_set_back(ports.publishing, ())
    return making.publish(ports.publishing, act, (), approval=approval, speaking=ports.speaking, progress=progress)


def _must_have_begun(ports: OfficePorts) -> None:
    if not ports.begun:
        raise OperatorError(
            "this engine has no keys yet: start it once (ivr serve), which publishes what settings list"
        )


def _approval(desk: Desk, digest: str, dialplan: str, how: str) -> Mapping[str, object]:
    """Who approved it, for each dialplan's entry. It serves once: an entry that names the proposal uses it."""
    found = approved(
        desk,
        dialplan,
        by_action=PUBLISHING_APPROVED,
        how=f"{how} --for {desk.actor.name} --reason '...'",
        done=PUBLISHED,
        fits=lambda entry: entry.details.get("proposal") == digest,
    )
    return {**found, "proposal": digest}


def _proposed(desk: Desk, asked: ApprovePublishing) -> Sequence[PublishedPlan]:
    if asked.back_to is not None:
        return _earlier(desk, asked.back_to).plans
    ports, files, _ = _source(desk, asked)
    return making.propose(ports, files, published_now(ports)).plans


def _source(
    desk: Desk, asked: Publish | ApprovePublishing
) -> tuple[PublishingPorts, Sequence[str], WrittenDraft | None]:
    """What is read: files, or a draft in the place of one."""
    ports = desk.ports.publishing
    if not asked.draft:
        refuse_set_back(ports, asked.files)
        return ports, asked.files, None
    draft = written(desk, desk.ports.kept_drafts.load(asked.draft))
    texts = DraftedTexts(draft.kept, ports.drafts.sound, ports.drafts.is_same)
    return replace(ports, drafts=texts), (draft.kept.file,), draft


def _refuse_author(desk: Desk, draft: WrittenDraft) -> None:
    """Where two persons are needed, who wrote a draft does not publish it. Raises DeniedError."""
    if PUBLISH in rules_in_force(desk).two_persons and desk.actor.name in draft.authors:
        raise DeniedError(
            "who wrote a draft does not publish it, where two persons are needed: approve it for somebody else, who "
            f"publishes it: ivr publications approve --draft {draft.kept.id} --for NAME --reason '...'"
        )


def _live(plan: PublishedPlan, entry: AuditEntry) -> LiveDialplan:
    return LiveDialplan(plan.id, plan.sha256, plan.called, entry.at, entry.actor, _approver(entry), plan.file)


def _approver(entry: AuditEntry) -> str:
    return str(entry.details.get("approved_by", "")).removeprefix(ONE_MAY)


def _earlier(desk: Desk, typed: str) -> Publication:
    """The publication that was named. Raises OperatorError."""
    _must_have_begun(desk.ports)
    ids = [one.id for one in history(desk.ports.log)]
    if not typed:
        found = ids[-2:-1]
    else:
        found = sorted({id for id in ids if len(typed) >= PREFIX_LEAST and id.startswith(typed.lower())})
    if len(found) != 1:
        which = "no earlier publication is" if not found else f"{len(found)} publications are"
        raise OperatorError(f"{which} meant: 'ivr publications list' shows them, each with its id")
    return desk.ports.publishing.publications.load(found[0])


def _past(one: PastPublication, *, live: bool) -> Past:
    first, names = one.entries[0], tuple(entry.subject for entry in one.entries)
    return Past(one.id, one.at, first.actor, first.reason, _approver(first), names, live)
