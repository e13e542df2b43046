"""How entries of the audit log, and the steps of a call, read to a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from ivr.core.audit.entry import AuditEntry

SENTENCES = {
    "act.denied": "'{subject}' was denied: it needs {needs}, and they hold {holds}",
    "agent.answered": "{agent} took the call",
    "agent.connected": "{agent} and the caller were connected",
    "agent.failed": "{agent} did not take the call (SIP {code})",
    "agent.identified": "{subject} proved by extension and PIN who they are",
    "agent.left": "{agent} left the call",
    "agent.login": "{subject} was logged in by {by}",
    "agent.logout": "{subject} was logged out by {by}",
    "agent.pause": "{subject} was paused by {by}: {reason}",
    "agent.pin_set": "agent {subject} was given another PIN",
    "agent.put": "agent {subject} was added or changed",
    "agent.removed": "agent {subject} was removed",
    "agent.resume": "{by} ended the pause of {subject}",
    "agent.rung": "{agent}'s phone was rung",
    "agents.changed": "the list of agents changed: added {added}, removed {removed}, changed {changed}",
    "agents.listed": "the hub found these agents: {agents}",
    "agent.held": "the agent put the call on hold",
    "agent.resumed": "the agent took the call off hold",
    "call.answered": "the call was answered",
    "call.arrived": "a call came in for {called}, served by {dialplan}",
    "call.drained": "the engine was stopping; the call was to end",
    "call.ended": "the call ended (SIP {code}); {by_caller} hung up",
    "call.hung_up": "we hung up: {cause}",
    "call.lost": "the call's cell died",
    "call.refused": "the call was refused (SIP {code})",
    "call.without_audio": "the caller agreed on no audio: the call was to end",
    "caller.vanished": "nothing came from the caller any more: the call was to end",
    "caller.held": "the caller put us on hold",
    "caller.resumed": "the caller took us off hold",
    "dialplan.published": "dialplan {subject} was published: SHA-256 {sha256}, certificate {certificate}",
    "dialplan.refused": "dialplans were refused, so nothing was published and what was served goes on",
    "disclosure.acknowledged": "'{disclosure}' was acknowledged by {acknowledged_by}",
    "disclosure.played": "'{disclosure}' was played to samples {first_sample} to {last_sample}: {end}, loss {loss}, "
    "sound {as_published}",
    "figure.withheld": "a prompt was not spoken in state '{state}': {rule}: {what}",
    "disclosure.heard": "'{disclosure}' was heard; it asks for no answer",
    "disclosure.unacknowledged": "'{disclosure}' was heard and not acknowledged",
    "erasure.requested": "the owner of {subject} asked that it be erased",
    "erasure.withdrawn": "the owner of {subject} no longer asks that it be erased",
    "edge.denied": "the edge refused or dropped {count} requests in one minute: {subject}, from {network}",
    "hold.placed": "{subject} is held for {hold}",
    "hold.released": "{subject} is no longer held for {hold}",
    "guard.denied": "the guard denied a step: {text}",
    "identity.reached": "identity level: {level}",
    "identity.locked": "a proof was tried for the account {subject} while it was locked",
    "identity.proved": "proved: {factor}",
    "key.made": "the key store was made, with key {subject}",
    "key.move_began": "keys began to be moved from '{from}' to '{to}'",
    "key.moved": "keys were moved from '{from}' to '{to}': {recordings} recordings, {records} records, {left} left",
    "key.retired": "key {subject} was retired",
    "host.added": "a host was given a certificate, to work for this engine",
    "host.removed": "a host works no more for this engine",
    "records.moved": "all records were moved into a {to} database",
    "key.rotated": "keys were rotated to {to}",
    "language.chosen": "language: {language}",
    "lookup.asked": "{source} was asked for {query}",
    "media.astray": "RTP came from elsewhere than the caller may send from, and was dropped",
    "outcome.reached": "outcome: {outcome}",
    "queue.asked": "the call asked for an agent of {queue}",
    "queue.failed": "no agent will come: {reason}",
    "queue.joined": "the call waits in {queue}, place {position}",
    "queue.left": "the call left the queue",
    "record.shredded": "the record of {subject} was erased for good",
    "report.made": "the report {subject} of {since} to {until} was made, by version {version} of its definition",
    "report.opened": "the calls behind a figure of the report {subject} of {since} to {until} were listed: {count}",
    "recording.played": "the recording {subject} was opened to be heard",
    "recording.exported": "the recording {subject} was given out",
    "recording.shown": "what is known of {subject} was shown",
    "recording.shredded": "the recording {subject} was erased for good: its key was destroyed",
    "recording.failed": "the recording failed: {reason}",
    "recording.paused": "the recording was paused: {reason}",
    "recording.resumed": "the recording went on, as far as this goes: {reason}",
    "recording.sealed": "the recording was sealed: SHA-256 {sha256}",
    "recording.started": "the recording {recording} began",
    "satisfaction.asked": "the caller was asked: {question}",
    "satisfaction.answered": "the caller answered: {question}",
    "retention.applied": "retention in force: {default}; classes SHA-256 {classes_sha256}",
    "command.denied": "'ivr {subject}' was denied: it needs {needs}, and they hold {holds}",
    "role.approved": "a {change} of {role} to or from {subject} by {for} was approved",
    "role.granted": "{subject} was given the role {role}",
    "role.revoked": "the role {role} was taken from {subject}",
    "roles.applied": "roles in force: {in_force}; security officers: {officers}",
    "session.begun": "a session of the console began, by {by}",
    "session.ended": "a session of the console ended: {why}",
    "state.entered": "state '{state}' was entered",
    "token.made": "the token {subject} was made",
    "token.revoked": "the token {subject} was revoked",
    "user.added": "{subject} was added as a user of the console",
    "user.disabled": "{subject} is let into the console no more",
    "target.held": "the transfer's target put the call on hold",
    "target.resumed": "the transfer's target took the call off hold",
    "transfer.connected": "{destination} and the caller were connected",
    "transfer.ended": "{destination} left the call",
    "transfer.failed": "{destination} did not take the call (SIP {code})",
    "transfer.rung": "{destination} was rung",
    "consult.rung": "{agent} rang {colleague}",
    "consult.connected": "{agent} and {colleague} talk apart",
    "consult.resumed": "{agent} talks with the colleague again",
    "consult.ended": "{colleague} is no longer asked",
    "conference.began": "{agent} let all three talk",
    "talk.held": "{agent} put the caller on hold",
    "talk.resumed": "{agent} talks with the caller again",
    "talk.transferred": "{agent} left the caller with {colleague}",
    "talk.passed_on": "{agent} passed the caller on to {colleague}",
    "disclosure.read": "{agent} read '{disclosure}' whole, as far as it was recognized",
    "rule.found": "{rule} found in the talk as it went on: {what}, by {speaker}",
    "talk.confirmed": "{agent} confirmed who the caller is",
    "talk.assisted": "{agent} let the line take over at place {place}",
    "talk.rejoined": "{agent} has the caller back from the line",
    "talk.handed_over": "{agent} handed the caller over to place {place}",
    "supervisor.listen": "{supervisor} listens",
    "supervisor.whisper": "{supervisor} speaks to the agent alone",
    "supervisor.join": "{supervisor} joins the talk",
    "supervisor.left": "{supervisor} left the call",
    "alarm.acknowledged": "the alarm {subject} was acknowledged",
    "call.followed": "what was said in {subject} was followed",
    "call.steps_shown": "the steps of {subject} were shown",
    "callback.cancelled": "the callback {subject} was cancelled",
    "caller.confirmed": "{agent} confirmed who calls in {subject}",
    "callback.done": "the callback {subject} was done: {result}",
    "callback.redialled": "the callback {subject} was dialled again",
    "callback.taken": "a callback was taken from {subject}",
    "calls.listed": "the latest calls were listed",
    "calls.replayed": "the latest calls were replayed on {subject}",
    "calls.searched": "calls were searched, by {by}",
    "clock.confirmed": "the clock was confirmed",
    "dialplan.approved": "publishing {subject} by {for} was approved",
    "draft.begun": "a draft of {subject} was begun",
    "draft.dropped": "the draft of {subject} was dropped",
    "draft.saved": "the draft of {subject} was saved as revision {revision}",
    "erasure.cap_lifted": "{erasures} erasures were let through for a day",
    "export.approved": "an export of {subject} by {for} was approved",
    "account.pin_set": "the account {subject} was given another PIN",
    "account.removed": "nothing is kept of the account {subject} any more",
    "account.seed_set": "the account {subject} was given other one-time codes",
    "account.shown": "how the account {subject} stands was shown",
    "accounts.taken_in": "PINs and codes of {accounts} accounts were taken in",
    "identity.released": "the account {subject} was released",
    "key.recovered": "the key store was recovered",
    "model.installed": "the model {subject} was installed",
    "receipt.made": "a receipt of {subject} was made",
    "recording.readmitted": "the recording {subject} was readmitted",
    "recording.replayed": "the journal of {subject} was replayed",
    "recovery.set": "a recovery key was set: {subject}",
    "session.revoked": "sessions were ended: {subject}",
    "shredding.ordered": "the erasure of {subject} was ordered",
    "two_persons.demanded": "two persons are needed for {subject} from then on",
    "two_persons.lift_approved": "lifting the rule of two persons for {subject} by {for} was approved",
    "two_persons.lifted": "one person is enough for {subject} from then on",
    "user.link_approved": "a link for {subject}, given out by {for}, was approved",
    "user.link_given": "a link for {subject} was given out",
    "agent.voice_enrolled": "the voice of the agent {subject} was enrolled",
    "agent.voice_judged": "the voice on {agent}'s leg was compared with theirs: {verdict}",
    "agent.voice_removed": "the voice of the agent {subject} was removed",
    "agent.voices_listed": "agents' voices that are enrolled were listed",
    "voice.enrolled": "the voice of {subject} was enrolled",
    "voice.forgotten": "old answers by the voice of {subject} were forgotten",
    "voice.removed": "the voice of {subject} was removed",
    "voice.renewed": "the voice of {subject} was learnt by another model",
    "voices.listed": "voices that are enrolled were listed",
    "watchlist.added": "the voice {subject} was put on the watchlist",
    "watchlist.approved": "putting the voice {subject} on the watchlist by {for} was approved",
    "watchlist.expired": "the time of the voice {subject} on the watchlist was over: it is erased",
    "watchlist.listed": "the watchlist was shown",
    "watchlist.removed": "the voice {subject} was taken off the watchlist",
    "webhook.added": "the target {subject} is told from then on",
    "webhook.removed": "the target {subject} is told no more",
    "webhook.tested": "a test was sent to the target {subject}",
    "appeal.decided": "an appeal about {subject} was decided",
    "review.appealed": "the review of {subject} was appealed",
    "review.opened": "{subject} was opened for a review",
    "review.submitted": "a review of {subject} was submitted",
    "scorecard.approved": "a change of the scorecard {subject} was approved",
    "scorecard.published": "the scorecard {subject} was published",
    "call.noted": "what came of {subject} was noted",
    "calls.inspected": "calls were read by rules",
    "findings.shown": "what rules found in the call {subject} was shown",
    "rules.approved": "a change of the rules {subject} was approved",
    "rules.published": "the rules {subject} were published",
    "edge.reloaded": "the edge read its settings and certificate again",
    "rules.tried": "a change of rules was tried on the latest calls",
    "voice.judged": "the caller's voice was judged: {scored}",
}


YES_NO = {
    "as_published": ("as published", "NOT AS PUBLISHED"),
    "by_caller": ("the caller", "we"),
    "scored": ("it has a score", "it could not be scored"),
}
"""What a truth of an entry's details is called in its sentence."""


class _Known(dict[str, object]):
    """Details, of which some may be sealed."""

    def __missing__(self, name: str) -> str:
        return "…"


def sentence(entry: AuditEntry, details: Mapping[str, object] | None = None) -> str:
    """What an entry says, with its outcome and reason. `details`: as `what_was_done` has them."""
    outcome = "" if entry.outcome == "done" else f"  {entry.outcome.upper()}"
    reason = f"  ({entry.reason.splitlines()[0]})" if entry.reason else ""
    return what_was_done(entry, details) + outcome + reason


def what_was_done(
    entry: AuditEntry, details: Mapping[str, object] | None = None, say: Callable[[str], str] = str
) -> str:
    """What an entry says. `details`: those that the log holds only as a hash, from the opened recording; `say`: our
    words -> the same in the reader's language."""
    known = _Known({**entry.details, **(details or {}), "subject": entry.subject})
    for name, (yes, no) in YES_NO.items():
        if isinstance(known.get(name), bool):
            known[name] = say(yes if known[name] else no)
    listed = {
        name: ", ".join(map(str, value)) or say("none") for name, value in known.items() if isinstance(value, list)
    }
    form = SENTENCES.get(entry.action)
    return say(form).format_map(_Known({**known, **listed})) if form else f"{entry.action} {entry.subject}"


def entry_line(number: int, entry: AuditEntry, details: Mapping[str, object] | None = None) -> str:
    """One line of a list: number, time, who, what, about which call or thing."""
    at = datetime.fromtimestamp(entry.at, UTC)
    said = sentence(entry, details)
    about = "" if entry.subject in said else f"  [{entry.subject}]"
    return f"{number:>8}  {at:%Y-%m-%d %H:%M:%S}  {entry.actor:14}  {entry.action:24}  {said}{about}"
