"""How a call's record reads on a terminal. The caller's address is masked unless it was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from ivr.core.call.alerts import with_words
from ivr.core.call.deeds import Deed, Keys, deeds
from ivr.core.call.flags import flags
from ivr.core.call.masked import masked_address, masked_number
from ivr.core.call.note import CallNote
from ivr.core.call.record import CallRecord
from ivr.core.call.recording import OpenedRecording
from ivr.core.call.transcript import Span
from ivr.core.media.frame import seconds
from ivr.core.orders.evidence import NOT_ASKED, CallOutcome, DisclosureHeard, MessageLeft
from ivr.core.sip.calling_party import NetworkWord
from ivr.core.vault.retention import DAY_SECONDS, Ledger, RetentionClass, decide
from ivr.core.vault.timeline import Pause
from ivr.engine.publishing.history import Warnings

COLUMNS = "  ".join(
    (
        f"{'started':25}",
        f"{'length':>7}",
        f"{'outcome':11}",
        f"{'caller':8}",
        f"{'called':8}",
        f"{'dialplan':18}",
        f"{'agents':12}",
        "call",
    )
)


def record_line(record: CallRecord) -> str:
    """One line of the list."""
    ended = _length(record.ended_at - record.started_at) if record.ended_at is not None else "running"
    agents = ",".join(record.agents)
    return (
        f"{_started(record.started_at):25}  {ended:>7}  {record.outcome or '-':11}  "
        f"{masked_address(record.caller):8}  {record.called or '-':8}  "
        f"{record.dialplan or '-':18}  {agents or '-':12}  {record.call_id}"
    )


def _started(at: float) -> str:
    """By this machine's clock on the wall, with its distance from UTC."""
    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M:%S%z}"


def message_lengths(record: CallRecord, mailbox: str) -> str:
    """How long the messages are that were left in a mailbox."""
    spans = (span for span in record.voicemails if span.mailbox == mailbox)
    return ", ".join(_length(seconds(span.last_sample - span.first_sample)) for span in spans)


def record_text(
    record: CallRecord,
    recording: OpenedRecording | None,
    published: Warnings,
    kept: Sequence[str] = (),
    notes: Sequence[CallNote] = (),
    said: Sequence[Span] = (),
    *,
    reveal: bool,
) -> str:
    """All that is known of one call.

    `published`: what the audit log says that its warnings sound like. `kept`: how long it is kept.
    `said`: the whole talk.
    """
    lines = [
        f"call        {record.call_id}",
        f"caller      {record.caller if reveal else masked_address(record.caller)}",
        *_network(record.network, reveal=reveal),
        f"called      {record.called or '-'}",
        f"started     {_time(record.started_at)}",
        f"answered    {_time(record.answered_at)}",
        f"ended       {_time(record.ended_at)}",
        f"outcome     {record.outcome or '-'} ({_who_hung_up(record)})",
        f"dialplan    {record.dialplan or '-'}  {record.dialplan_sha256}",
        f"proof       {record.certificate or '-'}",
        f"language    {record.language or '-'}",
        f"identity    {record.identity}",
        *(f"risk        {one}" for one in _scored(record)),
        f"consent     {record.consent} (to the recording)",
        f"agents      {', '.join(record.agents) or '-'}",
        f"transfers   {', '.join(record.transfers) or '-'}",
        *_tried(recording),
        *(f"looked up   {name} = {value if reveal else '***'}" for name, value in record.looked_up),
        f"states      {' > '.join(record.states) or '-'}",
        f"flags       {', '.join(flags(record)) or 'none'}",
        *kept,
        f"voices      {', '.join(record.voices) or '-'}",
        "disclosures" if record.disclosures else "disclosures none",
        *(line for evidence in record.disclosures for line in _evidence(evidence, published)),
        *_alerts(record, recording),
        *(_message(span) for span in record.voicemails),
        *(f"note        {one.agent}, {_time(one.at)}: {one.disposition or '-'}  {one.text}" for one in notes),
        *_recording(recording, said),
    ]
    return "\n".join(lines)


def _scored(record: CallRecord) -> Iterator[str]:
    """The risk of the call each time that it changed, and what gave points or did not answer."""
    for one in record.risk:
        gave = (
            f"{gave.signal} {'?' if gave.points is None else gave.points} at {gave.at:.1f} s"
            for gave in one.gave
            if gave.points != 0
        )
        yield f"{one.risk}, {one.points} of 100: {', '.join(gave) or 'nothing'}"


def _network(said: NetworkWord, *, reveal: bool) -> Iterator[str]:
    """What stood behind the caller's address."""
    if said.withheld:
        yield "  network   the caller withheld their number"
    if said.asserted:
        yield "  network   the trunk vouches for this number"
    if said.attested:
        yield f"  attested  {said.attested} (RFC 8588)"
    if said.diverted:
        numbers = said.diverted if reveal else map(masked_number, said.diverted)
        yield f"  diverted  they had dialled {', then '.join(numbers)}"


def _tried(recording: OpenedRecording | None) -> Iterator[str]:
    """Transfers and agents that did not answer, by name."""
    for step in recording.steps() if recording is not None else ():
        said = step.details
        match step.action:
            case "transfer.failed":
                yield f"  tried     {said.get('destination') or '-'}: no answer (SIP {said.get('code')})"
            case "agent.failed":
                yield f"  tried     agent {said.get('agent') or '-'}: no answer (SIP {said.get('code')})"


def deed_text(deed: Deed) -> str:
    """What the caller did, or what was judged or tried, and when."""
    return f"{_length(deed.at):>8}  {f'caller pressed {deed.text}' if isinstance(deed, Keys) else deed.text}"


def _who_hung_up(record: CallRecord) -> str:
    if record.outcome is CallOutcome.CRASHED:
        return "nobody hung up: our process died"
    if record.ended_at is None:
        return "running"
    return f"SIP {record.hangup_code or '-'}, {'the caller' if record.hangup_by_caller else 'we'} hung up"


def _as_published(evidence: DisclosureHeard, published: Warnings) -> str:
    known = published.get((evidence.disclosure, evidence.language))
    if not known:
        return "it was published with no hash of it: it holds what is the caller's own, or is older than such hashes"
    return "as it was published" if evidence.audio_sha256 in known else "NOT AS IT WAS PUBLISHED"


def _evidence(evidence: DisclosureHeard, published: Warnings) -> Iterator[str]:
    loss = "no report from the far end" if evidence.loss is None else f"{evidence.loss:.1%} lost, said the far end"
    plays = "once" if evidence.plays == 1 else f"{evidence.plays} times"
    if (read := evidence.read) is None:
        yield f"  {evidence.disclosure} ({evidence.language}), played {plays}"
        yield f"    audio     SHA-256 {evidence.audio_sha256}, {_as_published(evidence, published)}"
    else:
        yield f"  {evidence.disclosure} ({evidence.language}), read by the agent"
        found = f"{read.share:.1%} of {read.words} words recognized in order, confidence {read.confidence:.2f}"
        yield f"    read      {found}; text SHA-256 {read.text_sha256}"
    yield (
        f"    heard     samples {evidence.first_sample} to {evidence.last_sample} "
        f"({_length(seconds(evidence.first_sample))} to {_length(seconds(evidence.last_sample))}), "
        f"{evidence.packets_sent} packets, {loss}"
    )
    if evidence.acknowledged_by == NOT_ASKED:
        yield "    answered  it asks for no answer"
    elif evidence.acknowledged_by:
        sure = "" if evidence.confidence is None else f", confidence {evidence.confidence:.2f}"
        yield f"    answered  {evidence.answer!r} by {evidence.acknowledged_by} at {_length(evidence.at)}{sure}"
    else:
        yield "    answered  not acknowledged"


def _alerts(record: CallRecord, recording: OpenedRecording | None) -> Iterator[str]:
    """What rules found while it went on."""
    for one, words in with_words(record, recording.contents.entries if recording is not None else ()):
        yield f"alert       {_length(seconds(one.first_sample))} {one.severity}  {one.rule}: {one.what} ({one.speaker})"
        if words:
            yield f"    said      {words}"
        if one.say:
            yield f"    instead   {one.say}"


def _message(span: MessageLeft) -> str:
    return (
        f"message     for {span.mailbox}, {_length(seconds(span.last_sample - span.first_sample))}, "
        f"samples {span.first_sample} to {span.last_sample}"
    )


def _recording(recording: OpenedRecording | None, said: Sequence[Span]) -> Iterator[str]:
    if recording is None:
        yield "recording   none that opens"
        return
    timeline = recording.timeline
    yield f"recording   {recording.header.recording_id}, key wrapped by {recording.header.kek_id}"
    yield f"  channels  {', '.join(timeline.channels) or 'none'}; {_length(seconds(timeline.samples))}"
    yield f"  ended     {_ending(recording)}"
    for pause in timeline.pauses:
        yield f"  paused    {_pause(pause)}"
    if done := list(deeds(timeline.entries)):
        yield "done"
        yield from (f"  {deed_text(deed)}" for deed in done)
    if said:
        yield "said"
        yield from map(_span, said)


def _span(span: Span) -> str:
    sure = "" if span.confidence is None else f", {span.confidence:.2f}"
    taken = f" -> {span.choice}" if span.choice else ""
    cut = "" if span.whole else " (stopped before its end)"
    warning = f" [warning '{span.disclosure}']" if span.disclosure else ""
    at = f"{_length(seconds(span.first_sample))} to {_length(seconds(span.last_sample))}"
    return f"  {at:17}  {span.who:6} ({span.language}{sure})  {span.text}{taken}{cut}{warning}"


def _ending(recording: OpenedRecording) -> str:
    if recording.damage is not None:
        return f"DAMAGED: {recording.damage}"
    if recording.running:
        return "not yet: the call is running"
    return "by a crash: what stands here was recorded until then" if recording.crashed else "properly closed"


def _pause(pause: Pause) -> str:
    end = "the end" if pause.last_sample is None else _length(seconds(pause.last_sample))
    return f"{_length(seconds(pause.first_sample))} to {end}: {pause.reason}"


def _time(at: float | None) -> str:
    return "-" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] + f" UTC{_local(at)}"


def _local(at: float) -> str:
    """The same moment by this machine's clock on the wall, where that is not UTC."""
    local = datetime.fromtimestamp(at).astimezone()
    return f" ({local:%Y-%m-%d %H:%M:%S} {local:%Z})" if local.utcoffset() else ""


def _length(duration: float) -> str:
    """Minutes and seconds."""
    tenths = round(duration * 10)  # once: 179.96 s are three minutes, not two and sixty seconds
    return f"{tenths // 600}:{tenths // 10 % 60:02}.{tenths % 10}"


def kept_lines(record: CallRecord, kept_as: RetentionClass, ledger: Ledger, *, now: float) -> Iterator[str]:
    """How long one call is kept: its class, its holds, and when it goes."""
    earliest, latest = (
        f"{datetime.fromtimestamp(record.started_at + days * DAY_SECONDS, UTC):%Y-%m-%d}"
        for days in (kept_as.earliest_days, kept_as.latest_days)
    )
    yield f"kept        as {kept_as.name}: goes on {latest}, on request from {earliest} (UTC)"
    if holds := ledger.holds.get(record.call_id):
        yield f"held        for {', '.join(sorted(holds))}: nothing erases it until each is released"
    if record.call_id in ledger.requests:
        verdict = decide(record.call_id, record.started_at, kept_as, ledger, now=now)
        yield f"asked       to be erased: {verdict.reason}"
