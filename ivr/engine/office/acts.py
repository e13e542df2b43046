"""Everything that people may do, a row an act: who may, what is entered, whether a reason or two persons are needed.

Rules: what is not in the table cannot be done. Roles bind once one was granted (`ivr.core.audit.roles`); until then
every act is open to whoever opens the key store. A row enters its `action` with its outcome; a denial is entered as
`act.denied` with the act's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ivr.core.audit.approval import APPROVED as EXPORT_APPROVED
from ivr.core.audit.approval import (
    CARD_APPROVED,
    CARD_PUBLISHED,
    EXPORTED,
    LINK_APPROVED,
    LINK_GIVEN,
    PUBLISHING_APPROVED,
    RULES_APPROVED,
    RULES_PUBLISHED,
    WATCH_APPROVED,
    WATCHED,
)
from ivr.core.audit.roles import APPROVED as ROLE_APPROVED
from ivr.core.audit.roles import DEMANDED, GRANTED, LIFT_APPROVED, LIFTED, PUBLISH, REVOKED, WATCHLIST, Role
from ivr.core.vault.guard import CAP_LIFTED, CLOCK_CONFIRMED

DENIED = "act.denied"
"""Action of the entry of an act that somebody might not do."""

EVERYBODY: Final[frozenset[Role]] = frozenset()
"""No role is needed: it opens nothing that is sealed and changes nothing that is served."""
_OPERATOR, _SUPERVISOR = frozenset({Role.OPERATOR}), frozenset({Role.SUPERVISOR})
_AGENT = frozenset({Role.AGENT})
_ANY = frozenset(Role) - _AGENT
_AUDITOR, _OFFICER = frozenset({Role.AUDITOR}), frozenset({Role.SECURITY_OFFICER})


class Reason(StrEnum):
    """Whether who acts says why."""

    NONE = "none"
    MAY = "may"
    MUST = "must"


@dataclass(frozen=True, slots=True)
class Act:
    """One row."""

    name: str
    """noun.verb: recordings.export."""
    roles: frozenset[Role]
    """Whoever holds one of them may; EVERYBODY: no role is needed."""
    action: str = ""
    """What it enters into the audit log, noun.participle. Empty: it only reads figures, or what carries it out (hub,
    compaction, retention, publishing) enters each thing that was done, under the actor's name."""
    reason: Reason = Reason.NONE
    two_persons: str = ""
    """The rule by which another person must approve it first, where that rule is in force."""
    before_keys: bool = False
    """Is done without an entry where there is no key store yet, and so no log: the hub then enters what it finds."""
    moving: bool = False
    """May be done while keys are being moved to another store."""


ACTS: Final[Mapping[str, Act]] = {
    act.name: act
    for act in (
        Act("accounts.release", _OPERATOR, "identity.released", Reason.MUST),
        Act("accounts.remove", _OPERATOR, "account.removed", Reason.MUST),
        Act("accounts.set_pin", _OPERATOR, "account.pin_set", Reason.MUST),
        Act("accounts.set_seed", _OPERATOR, "account.seed_set", Reason.MUST),
        Act("accounts.show", _OPERATOR, "account.shown", Reason.MAY),
        Act("accounts.take_in", _OPERATOR, "accounts.taken_in", Reason.MUST),
        # Who leads agents day by day does not hold their voices.
        Act("agents.enrol_voice", _OFFICER, "agent.voice_enrolled"),
        Act("agents.join", _SUPERVISOR),
        Act("agents.list", _OPERATOR | _SUPERVISOR),
        Act("agents.list_voices", _OFFICER, "agent.voices_listed"),
        Act("agents.listen", _SUPERVISOR),
        Act("agents.login", _OPERATOR | _SUPERVISOR),
        Act("agents.logout", _OPERATOR | _SUPERVISOR),
        Act("agents.pause", _OPERATOR | _SUPERVISOR, reason=Reason.MUST),
        Act("agents.put", _OPERATOR, "agent.put", before_keys=True),
        Act("agents.remove", _OPERATOR, "agent.removed", before_keys=True),
        Act("agents.remove_voice", _OFFICER, "agent.voice_removed"),
        Act("agents.resume", _OPERATOR | _SUPERVISOR),
        Act("agents.set_pin", _OPERATOR, "agent.pin_set", before_keys=True),
        Act("agents.state", _OPERATOR | _SUPERVISOR),
        Act("agents.whisper", _SUPERVISOR),
        Act("alarms.acknowledge", _OPERATOR | _SUPERVISOR | _OFFICER, "alarm.acknowledged", Reason.MUST),
        Act("alarms.list", _OPERATOR | _SUPERVISOR | _OFFICER),
        # Open, so that nobody is kept from keeping a checkpoint, nor from verifying a log that was altered.
        Act("audit.checkpoint", EVERYBODY),
        Act("audit.key", EVERYBODY),
        Act("audit.log", _AUDITOR),
        Act("audit.prove", _AUDITOR),
        Act("audit.show", _AUDITOR | _SUPERVISOR, "call.steps_shown", Reason.MAY),
        Act("audit.stamp", _AUDITOR | _OFFICER),
        Act("audit.stamps", _AUDITOR | _OFFICER),
        Act("audit.verify", EVERYBODY),
        Act("callbacks.cancel", _OPERATOR, "callback.cancelled", Reason.MUST),
        Act("callbacks.done", _OPERATOR, "callback.done"),
        Act("callbacks.list", _OPERATOR),
        Act("callbacks.redial", _OPERATOR, "callback.redialled"),
        Act("callbacks.take", _OPERATOR, "callback.taken"),
        Act("calls.follow", _SUPERVISOR, "call.followed", Reason.MAY),
        # Masked, and no more than where each call is; its words are `calls.follow`.
        Act("calls.list", _SUPERVISOR),
        # Open to whoever has the token of the call, which its caller alone has.
        Act("calls.own_words", EVERYBODY),
        # For oneself only: whose desk it is follows from who acts. The hub enters each thing that was done.
        Act("desk.assist", _AGENT),
        Act("desk.back", _AGENT),
        Act("desk.callbacks", _AGENT),
        Act("desk.calls", _AGENT),
        Act("desk.conference", _AGENT),
        Act("desk.confirm", _AGENT, "caller.confirmed", Reason.MUST),
        Act("desk.consult", _AGENT),
        Act("desk.finish_callback", _AGENT, "callback.done"),
        Act("desk.follow", _AGENT, "call.followed"),
        Act("desk.hold", _AGENT),
        Act("desk.login", _AGENT),
        Act("desk.logout", _AGENT),
        Act("desk.note", _AGENT, "call.noted"),
        Act("desk.pass_on", _AGENT),
        Act("desk.pause", _AGENT, reason=Reason.MUST),
        Act("desk.pause_recording", _AGENT),
        Act("desk.phone", _AGENT),
        Act("desk.resume", _AGENT),
        Act("desk.resume_recording", _AGENT),
        Act("desk.show", _AGENT),
        Act("desk.take_callback", _AGENT, "callback.taken"),
        Act("desk.transfer", _AGENT),
        Act("dialplans.approve", _OPERATOR, PUBLISHING_APPROVED, Reason.MUST),
        Act("dialplans.live", EVERYBODY),
        Act("dialplans.overview", _OPERATOR | _SUPERVISOR | _AUDITOR),
        Act("dialplans.publications", _OPERATOR | _AUDITOR),
        Act("dialplans.publish", _OPERATOR, reason=Reason.MAY, two_persons=PUBLISH),
        # It opens what was recorded of calls: no sound, and nothing of it is told but where each would have gone.
        Act("dialplans.replay", _SUPERVISOR, "calls.replayed", Reason.MAY),
        Act("dialplans.roll_back", _OPERATOR, reason=Reason.MUST, two_persons=PUBLISH),
        Act("dialplans.versions", EVERYBODY),
        Act("drafts.begin", _OPERATOR, "draft.begun", Reason.MAY),
        Act("drafts.compare", _OPERATOR | _SUPERVISOR | _AUDITOR),
        Act("drafts.drop", _OPERATOR, "draft.dropped", Reason.MAY),
        Act("drafts.examine", _OPERATOR | _SUPERVISOR | _AUDITOR),
        Act("drafts.list", _OPERATOR | _SUPERVISOR | _AUDITOR),
        Act("drafts.save", _OPERATOR, "draft.saved", Reason.MAY),
        Act("drafts.show", _OPERATOR | _SUPERVISOR | _AUDITOR),
        Act("drafts.simulate", _OPERATOR | _SUPERVISOR | _AUDITOR),
        Act("drafts.test", _OPERATOR | _SUPERVISOR | _AUDITOR),
        Act("edge.reload", _OPERATOR | _OFFICER, "edge.reloaded", Reason.MAY),
        Act("hosts.add", _OFFICER, "host.added", Reason.MUST),
        Act("hosts.list", _OFFICER | _OPERATOR | _AUDITOR),
        Act("hosts.remove", _OFFICER, "host.removed", Reason.MUST),
        # They open what was recorded of calls: the words, no sound. Each entry names every call.
        Act("inspection.approve", _SUPERVISOR, RULES_APPROVED, Reason.MUST),
        Act("inspection.publish", _SUPERVISOR, RULES_PUBLISHED, Reason.MUST, two_persons=PUBLISH),
        Act("inspection.replay", _SUPERVISOR, "rules.tried", Reason.MAY),
        # Counts, and texts of rules: nothing that was said in a call.
        Act("inspection.rules", _SUPERVISOR | _AUDITOR),
        Act("inspection.run", _SUPERVISOR, "calls.inspected", Reason.MAY),
        Act("inspection.show", _SUPERVISOR, "findings.shown", Reason.MAY),
        Act("keys.list", _OFFICER | _AUDITOR),
        Act("keys.make", _OFFICER, "key.made", before_keys=True),
        Act("keys.move", _OFFICER, reason=Reason.MUST, moving=True),
        Act("keys.recover", _OFFICER, "key.recovered", before_keys=True),
        Act("keys.retire", _OFFICER, "key.retired"),
        Act("keys.rotate", _OFFICER, "key.rotated"),
        Act("keys.set_recovery", _OFFICER, "recovery.set"),
        Act("models.get", _OPERATOR, "model.installed", before_keys=True),
        Act("models.list", EVERYBODY),
        Act("prompts.list", EVERYBODY),
        Act("prompts.render", _OPERATOR),
        Act("queues.list", _OPERATOR | _SUPERVISOR),
        Act("queues.report", _OPERATOR | _SUPERVISOR),
        # How they are set: nothing of a call.
        Act("queues.settings", _OPERATOR | _SUPERVISOR),
        Act("queues.show", _OPERATOR | _SUPERVISOR),
        Act("queues.why", _OPERATOR | _SUPERVISOR),
        # It tells whether a code is right, and nothing else: whoever was given one may ask.
        Act("receipts.check", EVERYBODY),
        Act("receipts.make", _SUPERVISOR, "receipt.made"),
        Act("receipts.resolve", _SUPERVISOR | _AUDITOR),
        # All of them as they are sealed: nothing is opened.
        Act("records.move", _OFFICER, "records.moved", Reason.MUST),
        Act("recordings.approve", _SUPERVISOR, EXPORT_APPROVED, Reason.MUST),
        Act("recordings.compact", _OPERATOR | _OFFICER),
        Act("recordings.export", _SUPERVISOR, EXPORTED, Reason.MAY, two_persons="export"),
        Act("recordings.list", _SUPERVISOR, "calls.listed", Reason.MAY),
        Act("recordings.play", _SUPERVISOR, "recording.played", Reason.MAY),
        Act("recordings.readmit", _OFFICER, "recording.readmitted", Reason.MUST),
        Act("recordings.replay", _SUPERVISOR, "recording.replayed", Reason.MAY),
        Act("recordings.search", _SUPERVISOR, "calls.searched", Reason.MAY),
        Act("recordings.show", _SUPERVISOR, "recording.shown", Reason.MAY),
        # What is written out has left, whichever program takes it.
        Act("recordings.stream", _SUPERVISOR, EXPORTED, Reason.MAY, two_persons="export"),
        # Figures of the index: nothing that is sealed is opened.
        Act("recordings.warnings", _SUPERVISOR | _AUDITOR | _OFFICER),
        # How loud it is along the call, never what was said.
        Act("recordings.waveform", _SUPERVISOR),
        # Figures without a caller's data; which calls are behind one is another act.
        Act("reports.list", _SUPERVISOR | _AUDITOR | _OFFICER),
        Act("reports.make", _SUPERVISOR | _AUDITOR | _OFFICER, "report.made", Reason.MAY),
        Act("reports.open", _SUPERVISOR | _AUDITOR, "report.opened", Reason.MAY),
        Act("retention.confirm_clock", _OFFICER, CLOCK_CONFIRMED, Reason.MUST),
        Act("retention.hold", _OFFICER, "hold.placed", Reason.MUST),
        Act("retention.lift", _OFFICER, CAP_LIFTED, Reason.MUST),
        Act("retention.release", _OFFICER, "hold.released", Reason.MUST),
        Act("retention.request", _OFFICER, "erasure.requested", Reason.MUST),
        Act("retention.run", _OFFICER),
        Act("retention.show", _OFFICER | _AUDITOR),
        Act("retention.shred", _OFFICER, "shredding.ordered", Reason.MUST),
        Act("retention.standing", _OFFICER | _AUDITOR),
        Act("retention.withdraw", _OFFICER, "erasure.withdrawn", Reason.MUST),
        Act("reviews.agreement", _SUPERVISOR),
        # Of one's own calls only: which agent somebody is follows from who acts.
        Act("reviews.appeal", _AGENT, "review.appealed", Reason.MUST),
        Act("reviews.approve", _SUPERVISOR, CARD_APPROVED, Reason.MUST),
        Act("reviews.cards", _SUPERVISOR),
        Act("reviews.decide", _SUPERVISOR, "appeal.decided", Reason.MUST),
        Act("reviews.own", _AGENT),
        Act("reviews.publish", _SUPERVISOR, CARD_PUBLISHED, Reason.MUST, two_persons=PUBLISH),
        Act("reviews.queue", _SUPERVISOR, "calls.listed", Reason.MAY),
        Act("reviews.show", _SUPERVISOR, "review.opened", Reason.MAY),
        Act("reviews.submit", _SUPERVISOR, "review.submitted"),
        Act("roles.approve", _OFFICER, ROLE_APPROVED, Reason.MUST),
        Act("roles.approve_lift", _OFFICER, LIFT_APPROVED, Reason.MUST),
        Act("roles.demand", _OFFICER, DEMANDED, Reason.MUST),
        Act("roles.grant", _OFFICER, GRANTED, Reason.MUST, two_persons="roles"),
        Act("roles.lift", _OFFICER, LIFTED, Reason.MUST),
        Act("roles.list", _OFFICER | _AUDITOR),
        Act("roles.revoke", _OFFICER, REVOKED, Reason.MUST, two_persons="roles"),
        Act("sessions.list", _OFFICER | _AUDITOR),
        Act("sessions.revoke", _OFFICER, "session.revoked", Reason.MUST),
        # It says whether they are sound, and what is not: whoever starts an engine must be able to ask.
        Act("settings.check", EVERYBODY),
        Act("status.disks", EVERYBODY),
        Act("status.show", EVERYBODY),
        # Whoever holds a role but an agent: it does no more than they may.
        Act("tokens.list", _ANY),
        Act("tokens.make", _ANY, "token.made", Reason.MUST),
        Act("tokens.revoke", _ANY, "token.revoked", Reason.MUST),
        # Where calls of ours go out, and whether: no number that was dialled.
        Act("trunks.list", _OPERATOR | _SUPERVISOR),
        Act("users.add", _OFFICER, "user.added", Reason.MUST),
        Act("users.approve", _OFFICER, LINK_APPROVED, Reason.MUST),
        Act("users.disable", _OFFICER, "user.disabled", Reason.MUST),
        Act("users.invite", _OFFICER, LINK_GIVEN, Reason.MUST, two_persons="roles"),
        Act("users.list", _OFFICER | _AUDITOR),
        Act("users.reset", _OFFICER, LINK_GIVEN, Reason.MUST, two_persons="roles"),
        Act("voices.enrol", _SUPERVISOR, "voice.enrolled"),
        Act("voices.list", _SUPERVISOR, "voices.listed"),
        Act("voices.remove", _SUPERVISOR, "voice.removed"),
        Act("voices.renew", _SUPERVISOR, "voice.renewed"),
        # Apart from customers' voices: who enrols them lists nobody here.
        Act("watchlist.add", _OFFICER, WATCHED, Reason.MUST, two_persons=WATCHLIST),
        Act("watchlist.approve", _OFFICER, WATCH_APPROVED, Reason.MUST),
        Act("watchlist.list", _OFFICER, "watchlist.listed"),
        Act("watchlist.remove", _OFFICER, "watchlist.removed", Reason.MUST),
        Act("webhooks.add", _OFFICER, "webhook.added", Reason.MUST),
        Act("webhooks.list", _OFFICER | _OPERATOR | _AUDITOR),
        Act("webhooks.remove", _OFFICER, "webhook.removed", Reason.MUST),
        Act("webhooks.test", _OFFICER | _OPERATOR, "webhook.tested"),
    )
}
"""Every act there is."""

OWN_DESK: Final = frozenset(act.name for act in ACTS.values() if act.roles == _AGENT)
"""Acts at one's own desk: nobody's who is no agent."""
