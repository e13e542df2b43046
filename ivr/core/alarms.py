"""What someone must look at now: every kind of alarm, once, with what it means.

docs/operations.md has its table from here.
"""

from __future__ import annotations

from typing import Final

from ivr.core.typed import Written


class AlarmKind(Written):
    """Of an alarm."""

    AGENT_VOICE = "agent_voice"
    AGENTS = "agents"
    AUDIT = "audit"
    CALL = "call"
    CALL_LIMIT = "call_limit"
    CALLBACK = "callback"
    CALLS_REFUSED = "calls_refused"
    CELL_DIED = "cell_died"
    CELL_HANGS = "cell_hangs"
    CELL_LOST = "cell_lost"
    CERTIFICATE = "certificate"
    CHILD_DOES_NOT_START = "child_does_not_start"
    DATABASE = "database"
    DIALPLAN = "dialplan"
    DISK = "disk"
    FIGURE = "figure"
    HOST = "host"
    IDENTITY = "identity"
    INGEST = "ingest"
    INSPECTION = "inspection"
    KEEPER = "keeper"
    KEYS = "keys"
    LOOP = "loop"
    MEDIA = "media"
    OBJECTS = "objects"
    OBLIGATION = "obligation"
    PROMPT = "prompt"
    PUBLICATION = "publication"
    QUEUE_LINES = "queue_lines"
    QUEUE_STALLED = "queue_stalled"
    RECORD_DAMAGED = "record_damaged"
    RECORDING = "recording"
    RECORDING_DAMAGED = "recording_damaged"
    RECORDING_MISSING = "recording_missing"
    RETENTION = "retention"
    SPEECH = "speech"
    STANDBY = "standby"
    TRUNK = "trunk"


MEANINGS: Final[dict[AlarmKind, str]] = {
    AlarmKind.AGENT_VOICE: (
        "on an agent's leg somebody speaks whose voice is not known to be the agent's: join the call, or call the agent"
    ),
    AlarmKind.AGENTS: "what agents chose (paused, logged out) could not be read or kept: a restarted hub forgets it",
    AlarmKind.AUDIT: "entries cannot be written to the audit log now; they are kept and tried again",
    AlarmKind.CALL: "a call was refused, as its cell could not take it",
    AlarmKind.CALL_LIMIT: "a call reached `max_minutes` of its dialplan and was ended with an apology",
    AlarmKind.CALLBACK: (
        "a callback request could not be kept, and the caller was told so; or one is unclear and waits for a person; "
        "or the database does not let the engine dial"
    ),
    AlarmKind.CALLS_REFUSED: (
        "calls found every line busy, got no answer from their cell, or were over `sip.calls_per_source`; once a minute"
    ),
    AlarmKind.CELL_DIED: "a cell's process ended; another takes its place",
    AlarmKind.CELL_HANGS: "a cell did not answer for 15 s and was killed",
    AlarmKind.CELL_LOST: "a cell's process ended while it carried a call",
    AlarmKind.CERTIFICATE: (
        "the certificate that phones are shown, or one of a trunk's files, expires within three weeks or has expired; "
        "a trunk's list of revoked certificates is too old, or cannot be read"
    ),
    AlarmKind.CHILD_DOES_NOT_START: (
        "a process that ran before cannot be started (its program is being replaced, say); it is tried again and again"
    ),
    AlarmKind.DATABASE: "records cannot be stored now; they are kept and tried again",
    AlarmKind.DIALPLAN: "a call could not go on, by a fault of ours, and was ended with an apology",
    AlarmKind.DISK: (
        "a disk is too full, read-only, or does not answer: recordings cannot begin, so calls will be refused; or "
        "nothing else can be kept. Make room: all goes on by itself"
    ),
    AlarmKind.FIGURE: (
        "a prompt was not spoken, as a figure in it is not the official one or its words are forbidden; the call "
        "took its dialplan's way out"
    ),
    AlarmKind.HOST: (
        "another host is away, and no new call goes to its cells; or somebody wanted to be a host of ours who is none, "
        "is none any more, or whose certificate has expired"
    ),
    AlarmKind.IDENTITY: "proofs of identity cannot be counted: none is taken until they can",
    AlarmKind.INGEST: "recordings on disk could not be taken into the database; they are tried again",
    AlarmKind.INSPECTION: (
        "calls cannot be read after they ended, or wait longer for it than `inspection.behind_hours`; calls go on"
    ),
    AlarmKind.KEEPER: "recordings cannot be compacted, or the audit log not be published, now; it is tried again",
    AlarmKind.KEYS: "the key store cannot issue keys: calls will be refused",
    AlarmKind.LOOP: "states of a dialplan followed each other without end: a fault of ours, as `check` refuses it",
    AlarmKind.MEDIA: "a caller's RTP comes from elsewhere than they may send from and is dropped: we are deaf to them",
    AlarmKind.OBJECTS: (
        "recordings cannot be sent to the object store now, and stay on this disk; they are tried again. "
        "`ivr_recordings_unshipped` says how many wait"
    ),
    AlarmKind.OBLIGATION: "the run-time guard denied a step that lacked a warning, an identity or a recording",
    AlarmKind.PROMPT: "a prompt could not be spoken, as a value in it is not known; the call was ended with an apology",
    AlarmKind.PUBLICATION: (
        "something was to be published and was refused, or cannot be loaded; what was served goes on. Or a dialplan is "
        "not served, as its prompts are damaged: told when it is loaded, before a caller is refused"
    ),
    AlarmKind.QUEUE_LINES: "what happens in queues cannot be kept for the reports now, or some of it is lost",
    AlarmKind.QUEUE_STALLED: "calls wait in a queue although an agent is available: a fault of ours",
    AlarmKind.RECORD_DAMAGED: "a call's record in the database does not verify",
    AlarmKind.RECORDING: "a call cannot be recorded and is refused or ended with an apology; or one was not closed",
    AlarmKind.RECORDING_DAMAGED: "a recording on disk does not verify",
    AlarmKind.RECORDING_MISSING: (
        "recordings that the database knows are gone and were not shredded: restore them from a backup, and find out "
        "who removed them"
    ),
    AlarmKind.RETENTION: "what is due cannot be erased now; it is tried again",
    AlarmKind.SPEECH: "the speech service does not start: callers are served by keys only",
    AlarmKind.STANDBY: (
        "of a line on two machines no other one stands by, or the database does not answer it: if this one dies nobody "
        "goes on. `standby` in the log says when one does again"
    ),
    AlarmKind.TRUNK: (
        "a trunk takes no calls, or refuses our password or registration; none took a call; or a number was asked for "
        "that no trunk may be asked for: look who could have asked"
    ),
}
"""Kind -> what it means, for operators."""


def table() -> str:
    """All of them, as docs/operations.md has them (Markdown)."""
    rows = (f"| `{kind}` | {MEANINGS[kind]} |" for kind in AlarmKind)
    return "\n".join(("| alarm | means |", "|---|---|", *rows)) + "\n"
